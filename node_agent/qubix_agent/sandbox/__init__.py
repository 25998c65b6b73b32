"""Running untrusted code on a provider's machine: bubblewrap, cgroups, seccomp, a user per job.

`Launcher.prepare` gives a `Sandbox`; `measure_level` tells how strongly this machine isolates.
"""
