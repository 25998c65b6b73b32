"""`qubix up`, `qubix down`, `qubix status`: the whole platform on one machine.

home.py      the folder that holds everything, its lock, its version
state.py     what was started, on disk, so that a later `up` or `down` finds it
postgres.py  the database: an embedded server, or DATABASE_URL
ray_head.py  Ray's head, held to loopback
platform.py  the scheduler and the API, deployed by a short-lived process (deploy.py)
agents.py    provider agents as processes of their own
up.py        all of it in order, and watched (watch.py)
down.py      all of it ended
status.py    each part's health, and what listens beyond loopback (exposure.py)
"""
