"""GLSL: a warm key light that casts shadows, under a cool sky and above a warm floor."""

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
const float SHADOW_OFFSET_M = 0.004;
in vec3 normal;
in vec3 colour;
out vec3 surface_normal;
out vec3 surface_colour;
out vec3 shadow_place;

void main() {
    vec3 place = placed();
    surface_normal = turned(frames[2 * frame + 1], normal);
    surface_colour = colour;
    shadow_place = (light * vec4(place + surface_normal * SHADOW_OFFSET_M, 1.0)).xyz * 0.5 + 0.5;
    gl_Position = lens * view * vec4(place, 1.0);
}
"""
)

LIT_FRAGMENT = """#version 330
uniform sampler2DShadow shadows;
uniform vec3 to_light;
uniform vec3 halfway;
in vec3 surface_normal;
in vec3 surface_colour;
in vec3 shadow_place;
out vec4 pixel;

const vec3 SKY = vec3(0.70, 0.72, 0.76);
const vec3 FLOOR = vec3(0.50, 0.47, 0.44);
const vec3 KEY = vec3(0.46, 0.44, 0.40);
const float GLOSS = 0.14;
const float FALLOFF = 0.10;
const float DIMMEST = 0.62;

void main() {
    vec3 normal = normalize(surface_normal);
    vec2 aside = shadow_place.xy * 2.0 - 1.0;
    float pool = max(1.0 - FALLOFF * dot(aside, aside), DIMMEST);
    float lit = texture(shadows, shadow_place) * pool;
    vec3 ambient = mix(FLOOR, SKY, normal.z * 0.5 + 0.5) * pool;
    float shine = max(dot(normal, halfway), 0.0);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine;
    vec3 key = KEY * (max(dot(normal, to_light), 0.0) * lit);
    pixel = vec4(surface_colour * (ambient + key) + GLOSS * shine * lit, 1.0);
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
    gl_Position = lens * view * vec4(placed(), 1.0);
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
