"""This module holds the GLSL shaders: a warm lamp that casts shadows, and ambient light."""

MAX_FRAMES = 512
"""Bodies and links; 16 KiB of uniforms, which every driver has."""

FRAMES = f"""#version 330
layout(std140) uniform Frames {{ vec4 frames[{2 * MAX_FRAMES}]; }};
uniform mat4 view;
uniform mat4 lens;
uniform mat4 light;
in vec3 point;
in int frame;

vec3 turned(vec4 quat, vec3 v) {{
    return v + 2.0 * cross(quat.xyz, cross(quat.xyz, v) + quat.w * v);
}}

vec3 placed() {{
    return turned(frames[2 * frame + 1], point) + frames[2 * frame].xyz;
}}
"""

LIT_VERTEX = (
    FRAMES
    + """
uniform float texel_m;
in vec3 normal;
in vec3 colour;
out vec3 facing;
flat out vec3 paint;
out vec3 in_light;

void main() {
    vec3 place = placed();
    facing = turned(frames[2 * frame + 1], normal);
    paint = colour;
    in_light = (light * vec4(place + facing * (1.5 * texel_m), 1.0)).xyz * 0.5 + 0.5;
    gl_Position = lens * (view * vec4(place, 1.0));
}
"""
)
"""`texel_m` is the side of one texel of the shadow map; a surface must not shade itself."""

LIT_FRAGMENT = """#version 330
uniform sampler2DShadow shadows;
uniform vec3 to_light;
uniform vec3 halfway;
uniform float room_factor;
uniform vec3 lamp_factor;
in vec3 facing;
flat in vec3 paint;
in vec3 in_light;
out vec4 pixel;

const vec3 ROOM = vec3(0.68, 0.67, 0.66);
const vec3 UPWARDS = vec3(0.05, 0.06, 0.08);
const vec3 WINDOW = vec3(-0.12, 0.08, 0.0);  // tells the sides of a box apart in the shade
const vec3 LAMP = vec3(0.31, 0.29, 0.26);
const float GLOSS = 0.10;
const float BRIGHTEST = 1.05, DIMMEST = 0.94, FALLOFF = 0.05;

void main() {
    vec2 aside = in_light.xy * 2.0 - 1.0;
    float pool = max(BRIGHTEST - FALLOFF * dot(aside, aside), DIMMEST);
    float lamp = texture(shadows, in_light) * pool;
    float shine = max(dot(facing, halfway), 0.0);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine;
    vec3 room = (ROOM + UPWARDS * facing.z + dot(WINDOW, facing)) * room_factor;
    vec3 light = room * pool + LAMP * lamp_factor * (max(dot(facing, to_light), 0.0) * lamp);
    pixel = vec4(paint * light + GLOSS * shine * lamp, 1.0);
}
"""

DEPTH_VERTEX = FRAMES + "void main() { gl_Position = light * vec4(placed(), 1.0); }"
DEPTH_FRAGMENT = "#version 330\nvoid main() {}"

LABEL_VERTEX = (
    FRAMES
    + """
flat out float shown;
void main() {
    shown = float(frame + 1);
    gl_Position = lens * (view * vec4(placed(), 1.0));
}
"""
)
LABEL_FRAGMENT = """#version 330
flat in float shown;
out float pixel;
void main() { pixel = shown; }
"""

SHRINK_VERTEX = """#version 330
out vec2 place;
void main() {
    place = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    gl_Position = vec4(place * 2.0 - 1.0, 0.0, 1.0);
}
"""
SHRINK_FRAGMENT = """#version 330
uniform sampler2D picture;
in vec2 place;
out vec4 pixel;
void main() { pixel = texture(picture, place); }
"""
