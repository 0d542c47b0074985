"""Faults in the rules: cursors, keys, stock, life cycles, doors."""

from typing import Any

import msgspec

from sandbox_server.api import bodies, pagination, security
from sandbox_server.api import compile as edge
from sandbox_server.api.acorn import intake, orders, replies, wire
from sandbox_server.api.acorn import stores as handlers
from sandbox_server.domain import haulage, inventory, invoices, onboarding, returns, shipments, stores, transfers
from sandbox_server.domain.errors import IllegalTransition
from sandbox_server.services import access, idempotency, webhooks
from sandbox_server.services import inventory as stock
from sandbox_server.services import orders as services
from sandbox_server.services.access import Directory
from sandbox_server.services.ports import Window
from sandbox_server.traffic import credentials, throttle
from tests.conformance.defects.planting import defect


def put(place: Any, name: str, value: Any) -> None:
    """Put something in the place of what is there."""
    assert hasattr(place, name), f"{place} has no {name} any more"
    setattr(place, name, value)


@defect("cursor_walk", finds="cursor_walk")
def cursors_skip_an_item() -> None:
    right = pagination.encode
    put(pagination, "encode", lambda position, filters, seed: right(position + 1, filters, seed))


@defect("cursor_walk", finds="cursor_walk")
def cursors_go_back_an_item() -> None:
    right = pagination.encode
    put(pagination, "encode", lambda position, filters, seed: right(position - 1, filters, seed))


@defect("cursor_walk", finds="cursor_walk")
def cursors_fit_any_filter() -> None:
    put(pagination, "filters_of", lambda _: "any")


@defect("filters", finds="page_filters")
def a_filter_is_not_heeded() -> None:
    put(orders, "_FILTERS", {"storeId": "store_id"})


@defect("filters", finds="page_filters")
def the_window_of_changes_is_not_heeded() -> None:
    right = pagination.page_query

    def query(*args: Any) -> Any:
        return msgspec.structs.replace(right(*args), updated=Window(None, None))

    put(pagination, "page_query", query)
    put(replies, "page_query", query)


@defect("journey_fulfilment", finds="idempotency")
def keys_are_forgotten() -> None:
    put(idempotency, "recall", lambda *_: None)


@defect("conflicts", finds="conflicts")
def a_key_serves_any_path() -> None:
    right = edge.fingerprint
    put(edge, "fingerprint", lambda operation_id, _path, body: right(operation_id, "", body))


@defect("journey_transfers", finds="idempotency")
def a_key_takes_any_body() -> None:
    put(edge, "fingerprint", lambda *_: "any")


@defect("stock_arithmetic", finds="stock_arithmetic")
def parcels_leave_their_stock_behind() -> None:
    put(inventory, "ship", lambda level, quantity, now: inventory._moved(level, now, allocated=-quantity))


@defect("stock_arithmetic", finds="stock_arithmetic")
def an_acknowledgement_allocates_twice() -> None:
    put(
        inventory,
        "allocate",
        lambda level, quantity, now: inventory._moved(level, now, reserved=-quantity, allocated=2 * quantity),
    )


@defect("stock_arithmetic", finds="stock_arithmetic")
def a_cancellation_keeps_what_was_allocated() -> None:
    put(inventory, "release_allocation", lambda level, quantity, now: level)


@defect("stock_arithmetic", finds="stock_arithmetic")
def returns_do_not_come_back_on_the_shelf() -> None:
    put(stock, "take_back", lambda *_: None)


@defect("stock_arithmetic", finds="stock_arithmetic")
def the_ledger_misses_what_was_shipped() -> None:
    right = inventory.movements_of

    def movements(moves: Any, cause: Any, source: Any) -> Any:
        return [] if cause == "SHIPMENT" else right(moves, cause, source)

    put(inventory, "movements_of", movements)


@defect("journey_inventory", finds="journey_inventory available_stock")
def safety_stock_is_sold() -> None:
    put(wire, "available", lambda level, _: level.on_hand - level.reserved - level.allocated)


@defect("journey_inventory", finds="journey_inventory")
def old_reports_are_taken() -> None:
    put(inventory, "refuse_report", lambda *_: None)


@defect("life_cycle_shipments", finds="life_cycle_shipments")
def parcels_jump() -> None:
    every = frozenset(shipments.ShipmentStatus)
    put(shipments, "TRANSITIONS", dict.fromkeys(every, every))


@defect("life_cycle_transfers", finds="life_cycle_transfers legal_history")
def transfers_are_called_off_under_way() -> None:
    status = transfers.TransferStatus
    put(haulage, "TRANSITIONS", {**transfers.TRANSITIONS, status.IN_TRANSIT: frozenset(status)})


@defect("life_cycle_returns", finds="life_cycle_returns legal_history")
def money_goes_back_before_the_goods() -> None:
    status = returns.ReturnStatus
    put(returns, "TRANSITIONS", {**returns.TRANSITIONS, status.AUTHORISED: frozenset(status)})
    put(returns, "_check_refund", lambda *_: None)


@defect("life_cycle_orders", finds="life_cycle_orders")
def what_is_acknowledged_cannot_be_cancelled() -> None:
    right = orders.cancel_order

    def cancel(call: Any, tx: Any) -> Any:
        order_id = call.parameters["orderId"]
        if services.get(tx, order_id).status == "ACKNOWLEDGED":
            raise IllegalTransition("order", order_id, "ACKNOWLEDGED", "CANCELLED")
        return right(call, tx)

    put(orders, "cancel_order", cancel)


@defect("journey_fulfilment", finds="legal_history")
def histories_lose_their_last_step() -> None:
    right = wire.history
    put(wire, "history", lambda steps: right(list(steps)[:-1] or list(steps)))


@defect("conflicts", finds="conflicts")
def an_invoice_may_have_any_sum() -> None:
    put(invoices, "check_figures", lambda *_: None)


@defect("conflicts", finds="conflicts")
def more_is_paid_back_than_was_paid() -> None:
    put(returns, "_check_refund", lambda *_: None)


@defect("versions", finds="versions")
def changes_for_an_old_version_are_taken() -> None:
    put(intake, "versions", lambda _: None)


@defect("versions", finds="versions")
def versions_stand_still() -> None:
    put(wire, "etag", lambda _: {"ETag": '"1"'})


@defect("scopes", finds="scopes")
def scopes_are_not_heeded() -> None:
    put(security, "authorise", lambda *_: None)


@defect("stores_of_others", finds="stores_of_others")
def a_store_s_account_acts_for_others() -> None:
    put(credentials.Caller, "may_act_for", lambda *_: True)


@defect("tokens", finds="tokens")
def tokens_live_for_ever() -> None:
    put(credentials, "token_state", lambda *_: credentials.TokenState.VALID)


@defect("tokens", finds="tokens")
def tokens_cannot_be_given_back() -> None:
    put(access, "revoke", lambda *_: None)


@defect("authentication", finds="authentication")
def any_key_opens() -> None:
    right = Directory.identify_key

    def identify(self: Directory, api_key: str) -> Any:
        return right(self, "acorn-key")

    put(Directory, "identify_key", identify)


@defect("object_level_authorization", finds="object_level_authorization")
def all_tenants_are_one() -> None:
    right = Directory.identify_token

    def identify(self: Directory, text: str) -> Any:
        found = right(self, text)
        return found._replace(tenant=self.default)

    put(Directory, "identify_token", identify)


@defect("rate_limits", finds="rate_limits")
def limits_are_only_told() -> None:
    right = throttle.Meter.take

    def take(self: Any, who: str, now: int) -> Any:
        _, level = right(self, who, now)
        return True, level

    put(throttle.Meter, "take", take)


@defect("filters", finds="filters")
def a_store_by_capability_is_an_error() -> None:
    right = handlers.list_stores

    def listed(call: Any, tx: Any) -> Any:
        assert "capability" not in call.parameters
        return right(call, tx)

    put(handlers, "list_stores", listed)


@defect("refusals", finds="refusals")
def bodies_are_not_looked_at() -> None:
    put(bodies, "violations", lambda *_, **__: [])


@defect("journey_stores", finds="journey_stores versions")
def changes_of_stores_are_lost() -> None:
    put(stores, "with_changes", lambda store, *_: store)


@defect("life_cycle_applications", finds="life_cycle_applications legal_history")
def who_cannot_join_may_sign() -> None:
    status = onboarding.ApplicationStatus
    put(onboarding, "TRANSITIONS", {**onboarding.TRANSITIONS, status.INELIGIBLE: frozenset(status)})


@defect("journey_events", finds="journey_events")
def subscriptions_do_not_end() -> None:
    put(webhooks, "unsubscribe", lambda *_: None)


@defect("conflicts", finds="conflicts")
def reports_of_certification_never_expire() -> None:
    right = onboarding.go_live
    put(onboarding, "go_live", lambda application, _now, cause: right(application, application.updated_at, cause))
