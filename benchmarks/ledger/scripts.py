"""What `pgbench -f` sends: the application's own calls, between accounts drawn at random."""

from typing import Final

WALLETS: Final = 100_000
BATCH: Final = 100

OPEN: Final = """
select ledger_post_all(
    array_agg('open:' || n), array_agg('PAYMENT'::text), array_agg('bench'::text),
    (select array_agg(n - $1 + 1 order by n, leg) from generate_series($1, $2) n, generate_series(1, 2) leg),
    (select array_agg(case leg when 1 then 'issuance' else 'wallet' end order by n, leg)
       from generate_series($1, $2) n, generate_series(1, 2) leg),
    (select array_agg(case leg when 1 then 'development' else 'user-' || n end order by n, leg)
       from generate_series($1, $2) n, generate_series(1, 2) leg),
    (select array_agg(case leg when 1 then -1000000000000 else 1000000000000 end order by n, leg)
       from generate_series($1, $2) n, generate_series(1, 2) leg),
    array_fill('ISSUANCE'::text, array[2 * ($2 - $1 + 1)])
) from generate_series($1::integer, $2::integer) n
"""
"""Opens wallets from one number to another, with play money in each."""

SINGLE: Final = f"""\\set payer random(1, {WALLETS})
\\set provider random(1, {WALLETS})
select ledger_post(
    'bench:' || gen_random_uuid(), 'ESCROW_RELEASE', 'bench', array['wallet', 'wallet', 'fees'],
    array['user-' || (:payer)::text, 'user-' || (:provider)::text, 'platform'], array[-100, 95, 5]::bigint[],
    array['ESCROW_RELEASE', 'EARNING', 'FEE']
);
"""

BATCHES: Final = f"""
with drawn as materialized (
    select n, 'bench:' || gen_random_uuid() as key, 'user-' || (1 + floor(random() * {WALLETS}))::int as payer,
           'user-' || (1 + floor(random() * {WALLETS}))::int as provider
      from generate_series(1, {BATCH}) n
), legs as materialized (
    select d.n, l.position, l.kind, l.owner, l.amount, l.cause
      from drawn d, lateral (values (1, 'wallet', d.payer, -100, 'ESCROW_RELEASE'),
                                    (2, 'wallet', d.provider, 95, 'EARNING'),
                                    (3, 'fees', 'platform', 5, 'FEE')) l (position, kind, owner, amount, cause)
)
select cardinality(ledger_post_all(
    (select array_agg(key order by n) from drawn),
    array_fill('ESCROW_RELEASE'::text, array[{BATCH}]), array_fill('bench'::text, array[{BATCH}]),
    array_agg(n order by n, position), array_agg(kind order by n, position), array_agg(owner order by n, position),
    array_agg(amount::bigint order by n, position), array_agg(cause order by n, position)
)) from legs;
"""  # noqa: S608 - put together from constants of this file
