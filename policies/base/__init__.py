"""This folder holds what the rest of policies imports; this table names the axes of arrays.

| axis | of | e.g. |
|---|---|---|
| T | steps of one episode | actions (T, A) |
| N | frames, or windows, of many episodes | features (N, F) |
| B | windows in a batch | actions (B, H, A) |
| H | actions in a chunk | mask (B, H) |
| A | numbers of an action, `sim_envs.spaces.ACTION_SIZE` | plan (H, A) |
| F | features that a head reads, before normalisation | features (B, F) |
| K | classes of the perception network, the background first | logits (B, K, g, g) |
| g | cells along each side of perception's grid | probabilities (B, K, g, g) |
| M | classes of objects that a task moves, `TaskDescription.objects` | places (N, M, 3) |
| G | goals that an instruction can name | goal (N, G) |
| C, s | channels of a feature map; side of a picture in pixels | pixels (B, 3, s, s) |

`size` is the length of the vector that vision gives and `cameras` the number of recorded cameras.
"..." stands for any leading axes. A name without a shape, or "a scalar", has no axes.
"""
