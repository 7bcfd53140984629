"""The promises of quitrent, held against the real thing: a real store, a real server, real plugins."""
