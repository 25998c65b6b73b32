"""Why a wallet was not let in, as far as the wire is told."""

from qubix.errors import (
    Conflict,
    InsufficientFunds,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
)


class WalletRefused(NotAuthenticated):
    """The signature does not prove the address. One answer for every reason: the log has the reason."""

    code = "wallet_refused"

    @classmethod
    def plainly(cls) -> "WalletRefused":
        """The one answer."""
        return cls(
            asked="Signing in with a wallet",
            obstacle="the signature does not prove that the address is yours",
            remedy="Ask for a new challenge, and sign its exact message before it expires.",
        )


class TooManyChallenges(TooManyRequests):
    """One wallet or one client asks for more challenges than anybody needs."""

    code = "too_many_challenges"


class WalletTaken(Conflict):
    """The wallet cannot be joined to the account that asks for it."""

    code = "wallet_taken"


class OtherWallet(NotAllowed):
    """Only its holder may look at a wallet's balance here."""

    code = "other_wallet"


class SessionNotFound(NotFound):
    """No such session, or it is somebody else's."""

    code = "session_not_found"


class LinkSpent(NotAuthenticated):
    """A signed-in link is good once, and for minutes. One answer for every reason."""

    code = "link_spent"


class NoDevelopmentWallets(NotFound):
    """Development wallets are a devnet's, and so many of them."""

    code = "no_development_wallets"


class DevelopmentWalletEmpty(InsufficientFunds):
    """A development wallet holds less on the chain than it was asked to pay."""

    code = "development_wallet_empty"


class NotASignIn(InvalidRequest):
    """A development wallet signs sign-ins to its own platform, nothing else."""

    code = "not_a_sign_in"
