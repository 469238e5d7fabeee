"""The same layer in three faces: in front of an ASGI or a WSGI app, and inside an http client."""
