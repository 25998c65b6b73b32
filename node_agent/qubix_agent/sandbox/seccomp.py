"""The system calls that a job may not make, as a BPF program for bubblewrap.

Everything else is allowed: a list of what is allowed would break with every new version of the C library, while what
endangers the kernel is a short and stable list.
"""

import errno
import functools
import os
import tempfile

from qubix_agent.sandbox.errors import SandboxUnavailable

_DENIED = (
    # namespaces, mounts and roots
    "chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root "
    "setns umount umount2 unshare "
    # other processes
    "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace "
    # the kernel's own programs, keys and modules
    "add_key bpf delete_module finit_module init_module kexec_file_load kexec_load keyctl request_key "
    # large attack surfaces that no job needs
    "fanotify_init io_uring_enter io_uring_register io_uring_setup lookup_dcookie perf_event_open personality "
    "userfaultfd vmsplice "
    # files by handle, which walk around mounts
    "name_to_handle_at open_by_handle_at "
    # the machine
    "acct clock_adjtime clock_settime ioperm iopl nfsservctl quotactl quotactl_fd reboot setdomainname sethostname "
    "settimeofday swapoff swapon syslog uselib ustat vhangup"
).split()

_NAMESPACE_FLAGS = (
    0x00020000,  # CLONE_NEWNS
    0x02000000,  # CLONE_NEWCGROUP
    0x04000000,  # CLONE_NEWUTS
    0x08000000,  # CLONE_NEWIPC
    0x10000000,  # CLONE_NEWUSER
    0x20000000,  # CLONE_NEWPID
    0x40000000,  # CLONE_NEWNET
)

_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_ALLOWED_FAMILIES = (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)

_TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX


@functools.cache
def compiled_filter() -> bytes:
    """The BPF program that refuses what a job has no business with.

    Raises:
        SandboxUnavailable: libseccomp is not installed.
    """
    try:
        import pyseccomp as seccomp
    except RuntimeError as error:
        raise SandboxUnavailable(
            asked="Preparing the system call filter",
            obstacle="libseccomp is not installed on this machine",
            remedy="Install your distribution's libseccomp (Debian: libseccomp2) and start the agent again.",
        ) from error
    program = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for name in _DENIED:
        # A negative pseudo number means that this architecture has no such call, so there is nothing to refuse.
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:
            program.add_rule(refuse, name)
    for flag in _NAMESPACE_FLAGS:
        program.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    # The flags of clone3 lie in memory, where no filter can look; the C library falls back to clone on ENOSYS.
    program.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for family in range(_AF_NETLINK + 1):
        if family not in _ALLOWED_FAMILIES:
            program.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.EQ, family))
    program.add_rule(refuse, "socket", seccomp.Arg(0, seccomp.GT, _AF_NETLINK))
    for request in _TERMINAL_INJECTION:
        program.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def filter_descriptor() -> int:
    """A fresh descriptor from which bubblewrap reads the program; the caller closes it."""
    descriptor = os.memfd_create("seccomp")
    os.write(descriptor, compiled_filter())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
