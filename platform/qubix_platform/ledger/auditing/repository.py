"""All SQL that holds withdrawals and payouts against their postings and their transactions on the chain."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# A withdrawal's account holds its amount until its transaction was executed, adopted, or given back: one posting each.
_WITHDRAWALS: Final = text("""
    with facts as (
        select w.id, w.amount, w.destination, t.id as transaction_id, t.status, t.amount as sent,
               t.destination as sent_to, coalesce(a.balance, 0) as balance, coalesce(e.held, 0)::bigint as held,
               exists (
                   select from ledger_transactions l
                    where l.key in ('chain:' || t.id, 'adopt:' || t.id, 'withdrawal-returned:' || t.id)
               ) as is_posted
          from withdrawals w
          left join chain_transactions t on t.id = w.transaction_id
          left join ledger_accounts a on a.kind = 'withdrawal' and a.owner = w.id::text
          left join lateral (select sum(n.amount) as held from ledger_entries n
                              where n.account_id = a.id and n.amount > 0) e on true
    )
    select * from facts
     where transaction_id is null or sent <> amount or sent_to <> destination or held <> amount
        or balance <> case when is_posted then 0 else amount end or (status in ('CONFIRMED', 'FAILED')) <> is_posted
     order by id limit 100
""")
_ORPHANED: Final = text("""
    select a.owner, a.balance from ledger_accounts a
     where a.kind = 'withdrawal' and a.balance <> 0
       and not exists (select from withdrawals w where w.id::text = a.owner)
     order by a.id limit 100
""")
# What of a payment leaves the platform, which is what its escrow's payout account holds until it has ended.
_OUTSIDE: Final = """
    payments as (
        select t.id, t.ref, t.purpose, t.status,
               coalesce(sum((paid.payment ->> 1)::bigint), 0)::bigint as amount
          from chain_transactions t
          left join lateral jsonb_array_elements(t.payments) paid (payment)
            on paid.payment ->> 0 not in (select identity from chain_addresses where purpose in ('hot', 'treasury'))
         where t.direction = 'OUT' and t.purpose in ('PAYOUT', 'RETURN')
         group by t.id
    )
"""
_PAYOUTS_OFF: Final = text(f"""
    with {_OUTSIDE}, open as (
        select ref, sum(amount)::bigint as amount from payments
         where status not in ('CONFIRMED', 'FAILED') group by ref
    )
    select coalesce(a.owner, o.ref) as escrow, coalesce(a.balance, 0) as balance, coalesce(o.amount, 0) as expected
      from (select owner, balance from ledger_accounts where kind = 'payout' and owner <> 'unclaimed') a
      full join open o on o.ref = a.owner
     where coalesce(a.balance, 0) <> coalesce(o.amount, 0) order by 1 limit 100
""")
_PAYMENTS_OFF: Final = text(f"""
    with {_OUTSIDE}
    select p.id, p.ref, p.purpose, p.status, p.amount, e.paid
      from payments p
      left join lateral (
          select coalesce(-sum(n.amount), 0)::bigint as paid
            from ledger_transactions l
            join ledger_entries n on n.transaction_id = l.id
            join ledger_accounts a on a.id = n.account_id and a.kind = 'payout' and a.owner = p.ref
           where l.key = 'chain:' || p.id) e on true
     where (p.status = 'CONFIRMED' and e.paid <> p.amount) or (p.status <> 'CONFIRMED' and e.paid <> 0)
     order by p.id limit 100
""")


async def mismatches(session: AsyncSession) -> list[str]:
    """Where a withdrawal or a payout, its postings and its transaction disagree; a sentence that names each."""
    found = [f"withdrawal {row.id}: {flaw}" for row in await session.execute(_WITHDRAWALS) for flaw in _flaws(row)]
    found += [
        f"withdrawal account {row.owner} holds {row.balance} QU, and there is no such withdrawal"
        for row in await session.execute(_ORPHANED)
    ]
    found += [
        f"the payouts of escrow {row.escrow} hold {row.balance} QU, and {row.expected} QU of payments are under way"
        for row in await session.execute(_PAYOUTS_OFF)
    ]
    found += [
        f"{row.purpose.lower()} {row.id} of escrow {row.ref} is {row.status} and pays {row.amount} QU on the chain, "
        f"the books paid {row.paid} QU"
        for row in await session.execute(_PAYMENTS_OFF)
    ]
    return found


def _flaws(row: Row[Any]) -> Iterator[str]:
    if row.held != row.amount:
        yield f"it is of {row.amount} QU, and {row.held} QU were posted for it"
    if row.transaction_id is None:
        yield "no chain transaction carries it out"
        return
    named = f"chain transaction {row.transaction_id}"
    if row.sent != row.amount or row.sent_to != row.destination:
        yield f"{named} sends {row.sent} QU to {row.sent_to}, not {row.amount} QU to {row.destination}"
    if (row.status in ("CONFIRMED", "FAILED")) != row.is_posted:
        yield f"{named} is {row.status}, and its end is {'' if row.is_posted else 'not '}in the books"
    elif row.balance != (0 if row.is_posted else row.amount):
        yield f"{named} is {row.status}, and {row.balance} QU are still on their way in the books"
