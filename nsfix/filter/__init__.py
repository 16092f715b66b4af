"""`nsfix filter`: a buffer on stdin, the buffer with what it lacks on stdout.

An editor waits for it at each save, so it begins with nothing loaded: a service, which stays for a while when it was
asked, does the reading (service.py), and the command only speaks to it (client.py). Where there can be no service, the
command reads by itself (direct.py).
"""
