"""What the chain knows of one address."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that ever went in and out. Amounts in whole QU.

    Attributes:
        incoming_amount: received in all.
        outgoing_amount: sent in all; never more than was received.
        incoming_transfers: how often something was received.
        outgoing_transfers: how often something was sent.
        latest_incoming_tick: when something was last received; 0 for never.
        latest_outgoing_tick: when something was last sent; 0 for never.
    """

    incoming_amount: int = 0
    outgoing_amount: int = 0
    incoming_transfers: int = 0
    outgoing_transfers: int = 0
    latest_incoming_tick: int = 0
    latest_outgoing_tick: int = 0

    @property
    def balance(self) -> int:
        """What it holds now."""
        return self.incoming_amount - self.outgoing_amount

    def credited(self, amount: int, *, tick: int) -> "Account":
        """The account after it received `amount`."""
        return replace(
            self,
            incoming_amount=self.incoming_amount + amount,
            incoming_transfers=self.incoming_transfers + 1,
            latest_incoming_tick=tick,
        )

    def debited(self, amount: int, *, tick: int) -> "Account":
        """The account after it sent `amount`, which it has to hold."""
        assert amount <= self.balance
        return replace(
            self,
            outgoing_amount=self.outgoing_amount + amount,
            outgoing_transfers=self.outgoing_transfers + 1,
            latest_outgoing_tick=tick,
        )


NOTHING = Account()
