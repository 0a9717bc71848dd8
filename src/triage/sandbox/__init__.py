"""A local server that speaks the X API v2 as far as this project uses it.

`Sandbox` (in `server`) starts one on loopback; `seeds.demo` fills it with a made-up brand's two
days. It stands alone: nothing here knows the rest of the program.
"""
