"""A verdict on a client: scenarios provoke it, checks judge what it did, and reports tell. See CONTRIBUTING.md."""
