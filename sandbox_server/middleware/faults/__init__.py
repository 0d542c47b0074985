"""
Faults, played: one small module for each effect.

`registry` has them all; `layer` asks the rules and lets one play; `stage` is what an effect can do with a call.
"""
