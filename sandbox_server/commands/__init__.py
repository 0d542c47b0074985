"""Commands for the operator of a running sandbox, one module for each group."""
