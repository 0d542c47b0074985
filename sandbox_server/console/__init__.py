"""
The operator's console: pages to look at a sandbox by, and a switch for every power.

Flask runs in threads of its own. What is shown is read on the event loop, a small step at a time, and is rendered in
the thread; what is changed is changed by the operator's own operations. So nothing here knows a second way of doing
anything.
"""
