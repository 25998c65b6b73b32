"""The laws in force."""

from pathlib import Path

from tools.laws import (
    code_in_the_sandbox,
    domain_without_frameworks,
    edge_commits,
    integer_money,
    ledger_through_post,
    nothing_left_for_later,
    notify_outside_transactions,
    pure_decisions,
    refusals_explain_themselves,
    services_stay_offline,
    sql_in_repositories,
    status_through_transition,
    stdlib_not_hidden,
    tests_wait_for_events,
    wire_in_one_place,
)
from tools.laws.law import Law
from tools.laws.no_addresses import machine_paths, no_addresses, registry_hosts


def laws(root: Path) -> tuple[Law, ...]:
    """Every law, for a checkout at `root` on this machine."""
    return (
        code_in_the_sandbox.LAW,
        domain_without_frameworks.LAW,
        edge_commits.LAW,
        integer_money.LAW,
        ledger_through_post.LAW,
        no_addresses(registry_hosts(), machine_paths(root, Path.home())),
        nothing_left_for_later.LAW,
        notify_outside_transactions.LAW,
        pure_decisions.LAW,
        refusals_explain_themselves.LAW,
        services_stay_offline.LAW,
        sql_in_repositories.LAW,
        status_through_transition.LAW,
        stdlib_not_hidden.LAW,
        tests_wait_for_events.LAW,
        wire_in_one_place.LAW,
    )
