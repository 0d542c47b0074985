"""Pure decisions about calls: who may, how often, what goes wrong. No sleeping, no sockets."""
