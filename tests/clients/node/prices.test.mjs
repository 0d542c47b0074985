import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { CannotGoOn } from '../../../fixtures/clients/node/errors.js';
import { PricesFile } from '../../../fixtures/clients/node/pricelist.js';
import { PriceReports } from '../../../fixtures/clients/node/prices.js';
import { FakeState, silent } from './fake.mjs';

const usd = (amount) => ({ amount, currency: 'USD' });

function listed(content, act) {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  try {
    const path = join(folder, 'prices.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return act(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const pricesOf = (path) => new PricesFile(path, silent).prices();

/** A marketplace that keeps prices, rejects those of NONE, and may lose a report. */
function marketplaceOf(...prices) {
  const kept = new Map(prices.map((price) => [price.sku, price]));
  const reports = [];
  return {
    reports,
    loses: false,
    marketplaceTime: 0,
    async get() {
      return { body: { items: [...kept.values()] } };
    },
    async write(operation, method, path, { items }) {
      reports.push(items);
      if (!this.loses) for (const item of items.filter(({ sku }) => sku !== 'NONE')) kept.set(item.sku, item);
      const rejected = (sku) => (sku === 'NONE' ? { code: 'UNKNOWN_SKU', message: 'There is none.' } : {});
      return { body: { items: items.map(({ sku }) => ({ sku, ...rejected(sku) })) } };
    },
  };
}

function reportsOf(list, transport) {
  return new PriceReports(() => list, { transport, state: new FakeState(), tally: { add() {} }, log: silent });
}

test('what differs is reported once, with a sequence above the one that is kept', async () => {
  const list = [
    { storeId: '', sku: 'A', terms: { listPrice: usd('9.90') } },
    { storeId: '', sku: 'B', terms: { listPrice: usd('1.00') } },
  ];
  const transport = marketplaceOf(
    { sku: 'A', listPrice: { ...usd('9.90'), xNew: 1 }, sequence: 7 },
    { sku: 'B', listPrice: usd('2.00'), sequence: 41 },
  );
  const reports = reportsOf(list, transport);
  for (let round = 0; round < 3; round += 1) await reports.reconcile();
  assert.deepEqual(transport.reports, [[{ sku: 'B', listPrice: usd('1.00'), sequence: 42 }]]);
});

test('a report that got lost is made again, with a higher sequence', async () => {
  const transport = marketplaceOf();
  const reports = reportsOf([{ storeId: 'S1', sku: 'A', terms: { listPrice: usd('1.00') } }], transport);
  transport.loses = true;
  await reports.reconcile();
  transport.loses = false;
  await reports.reconcile();
  assert.deepEqual(
    transport.reports.map(([{ storeId, sequence }]) => [storeId, sequence]),
    [
      ['S1', 1],
      ['S1', 2],
    ],
  );
});

test('what a person has to mend is left alone for five minutes of the marketplace', async () => {
  const transport = marketplaceOf();
  const reports = reportsOf([{ storeId: '', sku: 'NONE', terms: { listPrice: usd('1.00') } }], transport);
  for (const minute of [0, 4, 6]) {
    transport.marketplaceTime = minute * 60_000;
    await reports.reconcile();
  }
  assert.equal(transport.reports.length, 2);
});

test('without a list the marketplace is asked nothing', async () => {
  await reportsOf([], { get: () => assert.fail('it asked') }).reconcile();
});

test('a list is read, with its times in one way', () => {
  const given = [{ sku: 'A', listPrice: usd('2.00'), salePrice: usd('1.50'), saleTo: '2026-12-01T00:00:00-05:00' }];
  const [price] = listed(given, pricesOf);
  assert.deepEqual(price, {
    storeId: '',
    sku: 'A',
    terms: { listPrice: usd('2.00'), salePrice: usd('1.50'), saleTo: '2026-12-01T05:00:00.000Z' },
  });
});

test('what can be no price is left out', () => {
  const sale = { saleFrom: '2026-12-02T00:00:00Z', saleTo: '2026-12-01T00:00:00Z' };
  const wrong = [
    { sku: 'A' },
    { sku: 'A', listPrice: usd('0.00') },
    { sku: 'A', listPrice: usd('-1.00') },
    { sku: 'A', listPrice: usd('1.00'), salePrice: usd('0.00') },
    { sku: 'A', listPrice: usd('1.00'), salePrice: usd('1.10') },
    { sku: 'A', listPrice: usd('1.00'), ...sale },
  ];
  const right = { sku: 'B', listPrice: usd('1.00') };
  assert.deepEqual(
    listed([...wrong, right], pricesOf).map(({ sku }) => sku),
    ['B'],
  );
});

test('what is no list is refused, and a list that is written anew is read again', () => {
  assert.throws(() => listed('no list', pricesOf), CannotGoOn);
  listed([], (path) => {
    const file = new PricesFile(path, silent);
    const anew = (content, second) => {
      writeFileSync(path, content);
      utimesSync(path, second, second);
      return file.prices().map(({ sku }) => sku);
    };
    assert.deepEqual(anew(JSON.stringify([{ sku: 'B', listPrice: usd('1.00') }]), 1), ['B']);
    assert.deepEqual(anew('half a li', 2), ['B']);
  });
});
