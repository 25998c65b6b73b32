"""Refusals about blobs."""

from qubix.errors import InvalidRequest, NotFound, TooLarge


class BlobNotFound(NotFound):
    """No such blob, or it is somebody else's: which of the two is not told."""

    code = "blob_not_found"

    @classmethod
    def gone(cls, sha256: str) -> "BlobNotFound":
        """The refusal for a blob of theirs whose content the storage lost."""
        return cls(
            asked=f"Reading blob {sha256}",
            obstacle="its content is gone from the storage",
            remedy="Upload it again.",
        )


class BlobDigestMismatch(InvalidRequest):
    """The content does not hash to the name that it was sent under."""

    code = "blob_digest_mismatch"


class BlobTooLarge(TooLarge):
    """Over the platform's limit for one blob."""

    code = "blob_too_large"
