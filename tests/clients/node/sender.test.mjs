import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { GaveUp, Refused } from '../../../fixtures/clients/node/errors.js';
import { Patience } from '../../../fixtures/clients/node/retry.js';
import { Sender } from '../../../fixtures/clients/node/sender.js';
import { silent } from './fake.mjs';

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
const good = () => new Response('{}', { headers: JSON_TYPE });
const failed = (status, headers = {}) =>
  new Response('{"code":"X"}', { status, headers: { ...JSON_TYPE, ...headers } });
const reset = () => {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET', message: 'reset' } });
};

/** A sender on a clock that moves only when somebody waits, of a marketplace that answers so. */
function senderOf(...answers) {
  const clock = { at: 0, now: () => clock.at, cutOff: new AbortController().signal };
  clock.sleep = async (seconds) => {
    clock.at += seconds;
  };
  const asked = [];
  globalThis.fetch = async (url, request) => {
    asked.push({ url, at: clock.at, ...request });
    return (answers.length > 1 ? answers.shift() : answers[0])();
  };
  const sender = new Sender(new Patience(() => 0), clock, silent);
  const call = { operation: 'ship', method: 'POST', url: 'http://m.test/v1/shipments', body: '{"a":"é"}', key: 'k' };
  return {
    asked,
    clock,
    send: (operation = 'ship') => sender.send({ ...call, operation }, { Authorization: 'Bearer t' }),
  };
}

const gaps = (asked) => asked.slice(1).map(({ at }, number) => at - asked[number].at);

test('every try has the same bytes and the same key, and a name of its own', async () => {
  const { asked, send } = senderOf(
    reset,
    () => failed(503),
    () => new Response('<html>'),
    good,
  );
  await send();
  assert.equal(asked.length, 4);
  assert.equal(new Set(asked.map(({ body, headers }) => body + headers['Idempotency-Key'])).size, 1);
  assert.equal(new Set(asked.map(({ headers }) => headers['X-Request-Id'])).size, 4);
  assert.match(asked[0].headers['User-Agent'], /^store-chain-node\//);
  assert.deepEqual(gaps(asked), [0.25, 0.5, 1]);
});

test('after the last try the operation is left alone for the next wait, and other operations are not', async () => {
  const { asked, send } = senderOf(() => failed(503));
  await assert.rejects(send(), GaveUp);
  await assert.rejects(send('cancel'), GaveUp);
  await assert.rejects(send(), GaveUp);
  assert.deepEqual(
    asked.slice(0, 13).map(({ at }) => at),
    [0, 0.25, 0.75, 1.75, 3.75, 7.75, 7.75, 8, 8.5, 9.5, 11.5, 15.5, 15.75],
  );
});

test('one thing that is broken does not hold up the others', async () => {
  const { asked, send } = senderOf(...Array(4).fill(() => failed(500)), good);
  await assert.rejects(send(), (error) => error instanceof GaveUp && !error.absent);
  await send();
  assert.deepEqual(gaps(asked), [0.25, 0.5, 1, 0]);
});

test('no call of an operation is made before the time that it was told', async () => {
  const { asked, send } = senderOf(() => failed(429, { 'Retry-After': '7' }), good);
  await Promise.all([send(), send()]);
  assert.deepEqual(gaps(asked), [7, 0]);
});

test('who is told to come back much later does not wait for it', async () => {
  const { asked, send } = senderOf(() => failed(503, { 'Retry-After': '3600' }));
  await assert.rejects(send(), GaveUp);
  await assert.rejects(send(), GaveUp);
  assert.equal(asked.length, 1);
});

test('a no is not asked again', async () => {
  for (const status of [400, 401, 403, 404, 409, 422]) {
    const { asked, send } = senderOf(() => failed(status));
    await assert.rejects(send(), Refused);
    assert.equal(asked.length, 1);
  }
});
