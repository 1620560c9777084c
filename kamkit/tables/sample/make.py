"""``generate``: one call that makes every canonical table of a sample company."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.sample import (
    accounts,
    appraisal,
    book,
    care,
    cases,
    closeness,
    contacts,
    delivery,
    funnel,
    gates,
    growth,
    interactions,
    judgement,
    partners,
    people,
    plan,
    roles,
    sales,
    steering,
    structure,
    team,
    ties,
    voice,
    wide,
)
from kamkit.tables.sample.finish import finish
from kamkit.tables.sample.orders import draw_orders, number_orders
from kamkit.tables.sample.words import LANGUAGES, put_words, sample_words
from kamkit.tables.sample.world import COMPANIES, MIN_ACCOUNTS, World, make_world
from kamkit.tables.schemas import TABLES, spec


def _refuse(company: str, accounts: int, orders: int | None, lang: str) -> None:
    """Raise every problem with the wishes at once."""
    found = []
    if company not in COMPANIES:
        allowed = ", ".join(COMPANIES)
        found.append(Problem("sample_company", value=company, details={"allowed": allowed}))
    if accounts < MIN_ACCOUNTS:
        low = {"minimum": MIN_ACCOUNTS}
        found.append(Problem("sample_accounts", value=accounts, details=low))
    if orders is not None and orders < 20 * min(accounts, 1000):
        least = {"minimum": 20 * min(accounts, 1000)}
        found.append(Problem("sample_orders", value=orders, details=least))
    if lang not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        found.append(Problem("sample_language", value=lang, details={"allowed": allowed}))
    KamkitError.collect(found)


def _prepare(world: World) -> None:
    """Plan, territories and members: what everything else refers to."""
    world.plan = plan.draw_plan(world)
    world.plan["strategic"] = judgement.mark_strategic(world)
    world.plan["territory"] = people.assign_territories(world)
    poor = world.plan["territory"] == world.plan["territory"].max()
    world.plan.loc[poor, "wallet25"] = world.plan.loc[poor, "wallet25"].clip(lower=0.45)
    world.tables["territories"] = people.build_territories(world)
    world.tables["members"] = people.build_members(world)
    world.tables["accounts"] = accounts.build_accounts(world)
    world.plan["structure"] = structure.mark_structure(world)


def _trade(world: World) -> None:
    """Contacts, contacts made, orders, deals and the money that follows from them."""
    tables = world.tables
    tables["contacts"] = contacts.build_contacts(world)
    visits = interactions.draw_visits(world)
    tables["interactions"] = interactions.build_interactions(world, visits, tables["contacts"])
    drawn = number_orders(world, draw_orders(world))
    orders = sales.build_orders(world, drawn)
    deals = funnel.draw_deals(world, drawn)
    _fill_funnel(world, deals)
    linked = deals.dropna(subset=["order_id"]).assign(deal=lambda d: d.index)
    ids = tables["opportunities"]["opportunity_id"].to_numpy()
    place = dict(zip(linked["order_id"], ids[linked["deal"]], strict=True))
    orders["opportunity_id"] = orders["order_id"].map(place)
    projects = delivery.draw_projects(world, orders)
    rows = np.concatenate(projects["rows"].to_list())
    label = pd.Series(None, index=orders.index, dtype="object")
    label.iloc[rows] = np.repeat(projects["project_id"].to_numpy(), projects["rows"].map(len))
    orders["project_id"] = label
    tables["orders"], tables["projects"] = orders, projects.drop(columns="rows")
    tables["accounts"] = accounts.set_start(world, tables["accounts"], orders)
    tables["cost_drivers"] = sales.build_drivers(world, orders, visits)
    tables["account_years"] = sales.build_account_years(world, orders, tables["cost_drivers"])
    spend = sales.build_category_spend(world, orders, tables["account_years"])
    tables["category_spend"] = spend


def _fill_funnel(world: World, deals: pd.DataFrame) -> None:
    """Opportunities in order of creation, with their events and snapshots."""
    events = funnel.build_stage_events(world, deals)
    table = funnel.build_opportunities(world, deals, events)
    width = max(4, len(str(len(table))))
    rank = table["created_on"].rank(method="first").astype(int)
    table["opportunity_id"] = ["O" + str(r).zfill(width) for r in rank]
    snapshots = book.build_snapshots(world, table, events)
    world.tables["opportunities"] = book.present_figures(table, snapshots)
    world.tables["snapshots"] = snapshots
    ids = table["opportunity_id"].to_numpy()
    world.tables["stage_events"] = events.assign(opportunity_id=ids[events["deal"]])


def _judge(world: World) -> None:
    """Ratings, team, and people at the customers with what ties them to us."""
    tables = world.tables
    rated = judgement.rated_accounts(world)
    tables["criterion_ratings"] = judgement.build_criterion_ratings(world, rated)
    tables["competitor_ratings"] = judgement.build_competitor_ratings(world, rated)
    tables["scheme_assignments"] = judgement.build_assignments(world)
    tables["service_cases"] = cases.build_cases(world)
    tables["ratings"] = team.build_ratings(world)
    tables["role_profiles"] = team.build_role_profiles(world)
    tables["pay_plans"] = team.build_pay_plans()
    tables["territories"] = team.set_potential(world)
    _relate(world)
    tables["targets"] = steering.build_targets(world)
    tables["kpi_values"] = steering.build_kpi_values(world)
    tables["goals"] = steering.build_goals(world)
    tables["actions"] = steering.build_actions(world)
    tables["risks"] = steering.build_risks(world)
    tables["milestones"] = delivery.build_milestones(world, tables["projects"])
    tables["contracts"] = delivery.build_contracts(world)
    tables["investments"] = delivery.build_investments(world)
    tables["gate_answers"] = gates.build_gate_answers(world)
    tables["dealers"] = dealers = partners.build_dealers(world)
    tables["dealer_ratings"] = partners.build_dealer_ratings(world, dealers)
    tables["dealer_years"] = partners.build_dealer_years(world, dealers)
    tables["dealer_events"] = partners.build_dealer_events(world, dealers)
    tables["feedback"] = care.build_feedback(world, tables["contacts"], dealers)
    tables["care_plan"] = care.build_care_plan(world)
    tables["service_uptake"] = care.build_service_uptake(world)
    tables["account_losses"] = care.build_losses(world, tables["orders"])
    tables["winback_cases"] = care.build_winbacks(world, tables["account_losses"])
    _appraise(world)


def _appraise(world: World) -> None:
    """Duties, calibration, decisions on people, and what helps them to grow."""
    tables = world.tables
    tables["members"] = appraisal.describe_members(world)
    tables["ratings"] = appraisal.add_evidence(world, tables["ratings"])
    tables["duty_ratings"] = appraisal.build_duty_ratings(world)
    tables["calibration_changes"] = appraisal.build_calibration_changes(world)
    tables["advancement"] = appraisal.build_advancement(world)
    tables["development_actions"] = actions = growth.build_development_actions(world)
    tables["trainings"] = growth.build_trainings(world, actions)
    tables["efficacy"] = growth.build_efficacy(world)
    tables["team_pulse"] = growth.build_team_pulse(world)


def _relate(world: World) -> None:
    """People, ties, roles, surveys. Those whom every account has come first."""
    tables, usual = world.tables, len(world.tables["contacts"])
    tables["contacts"] = people = wide.add_contacts(world, tables["contacts"])
    tables["sponsors"] = closeness.build_sponsors(world, people)
    known = ties.build_ties(world, people, usual)
    tables["ties"] = closeness.sponsors_in_ties(known, tables["sponsors"])
    met = wide.meet_more_people(world, tables["interactions"], people, known)
    tables["interactions"] = met
    tables["contact_roles"] = roles.build_contact_roles(world, people, usual)
    tables["joint_teams"] = roles.build_joint_teams(world)
    tables["stage_views"] = closeness.build_stage_views(world, people)
    tables["decision_profiles"] = closeness.build_decision_profiles(world, people)
    tables["entry_steps"] = closeness.build_entry_steps(world, people)
    asked = voice.build_invitations(world, people, usual, known)
    asked, answers, world.hidden = voice.build_responses(world, asked, people)
    tables["survey_invitations"], tables["survey_responses"] = asked, answers


def _in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows sorted by the key while it still holds codes: the same order in each language."""
    by = ["project_id", "planned_on"] if name == "milestones" else list(spec(name).key)
    return table.sort_values(by, kind="stable")


def generate(
    company: str = "elevator",
    *,
    seed: int = 7,
    accounts: int = 120,
    orders: int | None = None,
    language: str = "zh",
) -> dict[str, pd.DataFrame]:
    """Make a fictitious company with planted truths.

    Parameters
    ----------
    company : ``elevator`` (component maker) or ``it`` (IT solution firm).
    seed : same company, seed, accounts and orders give the same tables.
    accounts : from 20 (the planted truths need that many) to some 100,000.
    orders : order lines wanted, met within some percent (credit notes come on top); by default
        60 per account, at most a million. At least 20 for each of the first thousand accounts.
    language : ``zh`` or ``en``, the language of words and names in the tables.

    Returns all canonical tables by name, each with the columns of ``schemas.toml``. Orders add
    up to the cent to ``account_years`` of 2024 and 2025; 2026 is an estimate from the orders up
    to 30 June 2026; 2027 and 2028 are forecasts (S077, X22). Money in CNY.
    Raises KamkitError for an unknown company or language, and for too few accounts or orders.
    Source: house; classes of the elevator company after S037.

    >>> tables = generate("elevator", seed=1, accounts=20)
    >>> len(tables["accounts"]), sorted(tables)[:2]
    (20, ['account_losses', 'account_years'])
    """
    _refuse(company, accounts, orders, language)
    world = _made(company, seed, accounts, orders)
    ordered = {name: _in_order(table, name) for name, table in world.tables.items()}
    spoken = put_words(ordered, sample_words(company, language), language)
    return {name: finish(spoken[name], name) for name in TABLES}


def _made(company: str, seed: int, accounts: int, orders: int | None) -> World:
    wanted = orders if orders is not None else int(np.clip(60 * accounts, 4000, 1_000_000))
    world = make_world(company, seed, accounts, wanted)
    _prepare(world)
    _trade(world)
    _judge(world)
    return world


def latent_relationship(
    company: str = "elevator", *, seed: int = 7, accounts: int = 120, orders: int | None = None
) -> pd.DataFrame:
    """The hidden relationship values that a sample company's surveys try to measure.

    Same options as :func:`generate`, same company. Returns columns: account_id, wave, side
    (customer, us), dimension (trust, satisfaction, commitment, total), latent (the level before
    it is put into whole points from 1 to 7), expected (1–7, mean answer of the people of such an
    account, reverse items turned round), score (``expected`` from 0 to 100). One row for each
    surveyed account, wave, side and dimension; answers of people scatter around it.
    Raises KamkitError as :func:`generate`. Source: house.

    >>> hidden = latent_relationship("it", seed=1, accounts=20)
    >>> bool(hidden["score"].between(0, 100).all()), hidden["dimension"].nunique()
    (True, 4)
    """
    _refuse(company, accounts, orders, "zh")
    return _made(company, seed, accounts, orders).hidden
