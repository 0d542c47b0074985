import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Feed } from '../../../fixtures/clients/node/feed.js';
import { ORDERS } from '../../../fixtures/clients/node/orders.js';
import { FakeState, FakeTransport, silent } from './fake.mjs';

const OVERLAP = 120_000;
const at = (time) => `2026-11-27T${time}.000Z`;
const order = (orderId, time, status = 'NEW') => ({ orderId, status, updatedAt: at(time) });
const page = (time, items, nextCursor) => ({
  body: { items, ...(nextCursor === undefined ? {} : { nextCursor }) },
  marketplaceTime: Date.parse(at(time)),
});

function feedOf(...pages) {
  const transport = new FakeTransport(...pages);
  const state = new FakeState();
  return { transport, state, feed: new Feed(transport, state, ORDERS, OVERLAP, silent) };
}

/** Three empty lists of what is open, as the first poll reads them. */
const nothingOpen = (time) => ORDERS.openStates.map(() => page(time, []));

test('the first poll reads what is open, and later ones what has changed since, with an overlap', async () => {
  const { feed, transport } = feedOf(
    page('12:00:00', [order('a', '11:50:00')]),
    page('12:00:01', []),
    page('12:00:01', []),
    page('12:01:00', [order('b', '12:00:30')]),
    page('12:02:00', []),
  );
  await feed.poll();
  assert.deepEqual([...(await feed.poll()).keys()], ['b']);
  await feed.poll();
  const asked = transport.asked.map(({ query }) => query.status ?? query.updatedAfter);
  assert.deepEqual(asked, [...ORDERS.openStates, at('11:48:00'), at('11:58:30')]);
  assert.deepEqual(feed.unfinished(), ['a', 'b']);
});

test('cursors go back as they came, and an empty page is not the end', async () => {
  const odd = 'a+b/c=%20 é';
  const { feed, transport } = feedOf(
    page('12:00:00', [], odd),
    page('12:00:01', [order('a', '11:50:00')]),
    ...nothingOpen('12:00:01').slice(1),
  );
  assert.deepEqual([...(await feed.poll()).keys()], ['a']);
  assert.equal(transport.asked[1].query.cursor, odd);
});

test('the watermark never passes the begin of the reading', async () => {
  const { feed, state } = feedOf(
    ...nothingOpen('12:00:00'),
    page('12:01:00', [order('a', '12:00:30')], 'next'),
    page('12:01:09', [order('b', '12:01:08')]),
  );
  await feed.poll();
  await feed.poll();
  assert.equal(state.get('watermark', 'orders'), at('12:01:00'));
});

test('a list that leads round in a circle is left, and the watermark stays', async () => {
  const { feed, state } = feedOf(
    ...nothingOpen('12:00:00'),
    page('12:01:00', [order('a', '12:00:30')], 'again'),
    page('12:01:01', [], 'again'),
  );
  await feed.poll();
  assert.deepEqual([...(await feed.poll()).keys()], ['a']);
  assert.equal(state.get('watermark', 'orders'), at('12:00:00'));
});

test('when the clock of the marketplace goes back, all that is open is read', async () => {
  const { feed, transport } = feedOf(
    ...nothingOpen('12:07:00'),
    page('12:00:05', []),
    page('12:00:05', [order('a', '12:00:04')]),
    ...nothingOpen('12:00:05').slice(1),
  );
  await feed.poll();
  assert.deepEqual([...(await feed.poll()).keys()], ['a']);
  assert.deepEqual(
    transport.asked.slice(-3).map(({ query }) => query.status),
    ORDERS.openStates,
  );
});

test('what is settled, or no business of ours, is not kept; what is unknown is', async () => {
  const { feed } = feedOf(
    page('12:00:00', [order('a', '11:00:00', 'SHIPPED'), order('b', '11:00:00', 'ON_HOLD')]),
    ...nothingOpen('12:00:00').slice(1),
  );
  await feed.poll();
  assert.deepEqual(feed.unfinished(), ['b']);
});

test('what a list has left out is found when all that is open is read again', async () => {
  const { feed, state } = feedOf(
    ...nothingOpen('12:00:00'),
    page('12:30:00', []),
    page('13:30:00', []),
    page('13:30:01', [order('a', '11:00:00')]),
    ...nothingOpen('13:30:01').slice(1),
    page('13:31:00', []),
  );
  for (const found of [[], [], ['a'], []]) assert.deepEqual([...(await feed.poll()).keys()], found);
  assert.deepEqual(feed.unfinished(), ['a']);
  assert.equal(state.get('watermark', 'orders'), at('13:31:00'));
});
