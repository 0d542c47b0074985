"""What keeps data: one adapter a module, all of them behind the ports of the services."""
