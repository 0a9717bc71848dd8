"""The rule matcher behind core's port, and the rules that come with the program.

Nothing is imported here: google-re2 loads with `re2_matcher`, for commands that tag.
"""
