import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StockReports } from '../../../fixtures/clients/node/stock.js';
import { TillFeed } from '../../../fixtures/clients/node/till.js';
import { FakeState, FakeTransport, silent } from './fake.mjs';

const NOON = Date.parse('2026-11-27T12:00:00Z');
const at = (seconds) => new Date(NOON + seconds * 1000).toISOString();
const place = (sku) => ({ storeId: 'S1', sku });

/** A marketplace that believes what it is told, unless it loses or rejects it, in a book and by a till. */
function chainOf({ believed = {}, physical = {}, codes = {}, closed = false, allocated = 0 } = {}) {
  const level = (sku) => ({ ...place(sku), onHand: believed[sku], allocated, sequence: 10 });
  const reports = [];
  const transport = {
    marketplaceTime: NOON,
    async write(operation, method, path, { items }) {
      reports.push(items);
      const results = items.map(({ storeId, sku, onHand }) => {
        const code = codes[sku]?.shift();
        if (code === undefined) believed[sku] = onHand;
        return { storeId, sku, ...(code && code !== 'LOST' ? { code } : {}) };
      });
      return { body: { items: results } };
    },
  };
  const stock = new StockReports({
    transport,
    state: new FakeState(),
    book: { refresh: async () => {}, level: ({ sku }) => (sku in believed ? level(sku) : undefined) },
    till: {
      refresh: async () => {},
      counts: () =>
        Object.entries(physical).map(([sku, onHand]) => ({ ...place(sku), onHand, sequence: 5, asOf: at(-9) })),
    },
    stores: { isClosed: () => closed },
    tally: { add() {} },
    log: silent,
  });
  return { stock, reports, transport };
}

const told = (reports) => reports.map((items) => items.map(({ sku, onHand, sequence }) => [sku, onHand, sequence]));

test('only what differs is reported, and nothing below 0', async () => {
  const { stock, reports } = chainOf({ believed: { A: 1, B: 2, C: 3 }, physical: { A: 1, B: 1, C: -2, D: 4 } });
  await stock.reconcile();
  assert.deepEqual(told(reports), [
    [
      ['B', 1, 11],
      ['C', 0, 11],
      ['D', 4, 5],
    ],
  ]);
  assert.equal(reports[0][0].asOf, at(-9));
});

test('only what was rejected is sent again, with a higher sequence', async () => {
  const codes = { B: ['STALE_SEQUENCE'] };
  const { stock, reports } = chainOf({ believed: { A: 1, B: 2 }, physical: { A: 0, B: 0 }, codes });
  await stock.reconcile();
  assert.deepEqual(told(reports).slice(1), [[['B', 0, 12]]]);
});

test('a report that was accepted and lost is made again at the next reconciliation', async () => {
  const { stock, reports } = chainOf({ believed: { A: 1 }, physical: { A: 0 }, codes: { A: ['LOST'] } });
  await stock.reconcile();
  await stock.reconcile();
  assert.deepEqual(told(reports), [[['A', 0, 11]], [['A', 0, 12]]]);
});

test('what a person has to mend is left alone for a while', async () => {
  const { stock, reports, transport } = chainOf({ physical: { A: 1 }, codes: { A: ['UNKNOWN_SKU', 'UNKNOWN_SKU'] } });
  for (const minute of [0, 1, 6]) {
    transport.marketplaceTime = NOON + minute * 60_000;
    await stock.reconcile();
  }
  assert.equal(reports.length, 2);
});

test('a store that has closed has nothing but what is bound to orders', async () => {
  const { stock, reports } = chainOf({
    believed: { A: 5, B: 1 },
    physical: { A: 5, B: 1 },
    closed: true,
    allocated: 1,
  });
  await stock.reconcile();
  assert.deepEqual(told(reports), [[['A', 1, 11]]]);
});

test('a large report goes in parts of five hundred', async () => {
  const physical = Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`A${n}`, 1]));
  const { stock, reports } = chainOf({ physical });
  await stock.reconcile();
  assert.deepEqual(
    reports.map((items) => items.length),
    [500, 1],
  );
});

test('the tills are read from all counts on, and then by what has changed', async () => {
  const page = (items, nextCursor) => ({ body: { items, nextCursor } });
  const change = (onHand, sequence) => ({ ...place('A'), onHand, sequence, at: at(sequence) });
  const transport = new FakeTransport(
    page([change(9, 1)], 'c1'),
    page([], 'c1'),
    page([{ ...place('A'), onHand: 5, sequence: 3, asOf: at(3) }], undefined),
    page([change(7, 2), change(4, 4)], 'c2'),
    page([], 'c2'),
  );
  const till = new TillFeed(transport, 'http://tills.test/pos');
  await till.refresh();
  assert.equal(till.units(place('A')), 5);
  await till.refresh();
  assert.equal(till.units(place('A')), 4);
  assert.equal(till.units(place('B')), 0);
  assert.deepEqual(
    transport.asked.map(({ path, query }) => [path.split('/').at(-1), query.cursor]),
    [
      ['changes', undefined],
      ['changes', 'c1'],
      ['stock', undefined],
      ['changes', 'c1'],
      ['changes', 'c2'],
    ],
  );
});
