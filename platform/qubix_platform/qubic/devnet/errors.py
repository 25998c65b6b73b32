"""What can stand in the way of running a devnet."""

from qubix.errors import Conflict


class DevnetDataInUse(Conflict):
    """Another devnet runs on the same data."""

    code = "devnet_data_in_use"
