import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GaveUp, Refused } from '../../../fixtures/clients/node/errors.js';
import { Outbox, intentKey } from '../../../fixtures/clients/node/outbox.js';
import { FakeState } from './fake.mjs';

const refusal = (status, code = '') =>
  new Refused({ status, code, detail: 'Because.', requestId: '', retryable: false });

/** A transport for which every write comes to the next of these. */
function transportOf(...outcomes) {
  const sent = [];
  return {
    sent,
    async write(operation, method, path, body, key) {
      sent.push({ body, key });
      const outcome = outcomes.shift() ?? {};
      if (outcome instanceof Error) throw outcome;
      return { body: outcome };
    },
  };
}

const outboxOf = (transport, state = new FakeState(), clock = { now: () => 0 }) =>
  new Outbox(transport, state, clock, 60);
const post = (outbox, body) => outbox.post('createShipment', 'shipments', 'ord_1/ship/x', body);

test('after a restart the same bytes go out with the same key, whatever would be said now', async () => {
  const state = new FakeState();
  const transport = transportOf(new GaveUp('nobody answers'), { shipmentId: 'shp_1' });
  await assert.rejects(post(outboxOf(transport, state), { at: 'noon' }), GaveUp);
  assert.deepEqual(await post(outboxOf(transport, state), { at: 'one' }), { shipmentId: 'shp_1' });
  assert.deepEqual(transport.sent, Array(2).fill({ body: { at: 'noon' }, key: 'ord_1/ship/x' }));
  assert.deepEqual(state.names('pending'), []);
});

test('the intent is kept before the first try', async () => {
  const state = new FakeState();
  const kept = [];
  await post(outboxOf({ write: async () => (kept.push(...state.names('pending')), { body: {} }) }, state), {});
  assert.deepEqual(kept, ['ord_1/ship/x']);
});

test('what was refused is not asked again; a conflict may be', async () => {
  for (const [status, times] of [
    [400, 1],
    [401, 2],
    [403, 1],
    [404, 1],
    [409, 2],
    [422, 1],
  ]) {
    const transport = transportOf(refusal(status), refusal(status));
    const outbox = outboxOf(transport);
    for (let n = 0; n < 2; n += 1) await assert.rejects(post(outbox, {}), Refused);
    assert.equal(transport.sent.length, times, `after ${status}`);
  }
});

test('intents about something that is settled are forgotten', async () => {
  const state = new FakeState();
  const outbox = outboxOf(transportOf(new GaveUp('nobody answers')), state);
  await assert.rejects(post(outbox, {}), GaveUp);
  outbox.forget('ord');
  assert.equal(state.names('pending').length, 1);
  outbox.forget('ord_1');
  assert.equal(state.names('pending').length, 0);
});

test('another wish has another key, and the same wish the same', () => {
  assert.equal(intentKey('ret_1', 'refund', ['1', 0, 2]), intentKey('ret_1', 'refund', ['1', 0, 2]));
  assert.notEqual(intentKey('ret_1', 'refund', ['1', 0, 2]), intentKey('ret_1', 'refund', ['1', 2, 2]));
  assert.match(intentKey('ret_1', 'refund', 'é'), /^[!-~]{1,255}$/);
});

test('a no holds for an hour of the marketplace; that a key is used for something else holds for good', async () => {
  for (const [code, times] of [
    ['UNPROCESSABLE', 2],
    ['IDEMPOTENCY_KEY_REUSED', 1],
  ]) {
    let now = 0;
    const transport = transportOf(refusal(422, code), refusal(422, code));
    const outbox = outboxOf(transport, new FakeState(), { now: () => now });
    for (now of [0, 59, 61]) await assert.rejects(post(outbox, {}), Refused);
    assert.equal(transport.sent.length, times, code);
  }
});
