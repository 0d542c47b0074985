import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Amount } from '../../../fixtures/clients/node/money.js';

const usd = (amount) => Amount.of({ amount, currency: 'USD' });

test('ten cents and twenty cents are thirty cents', () => {
  assert.deepEqual(usd('0.10').plus(usd('0.20')).toMoney(), { amount: '0.30', currency: 'USD' });
});

test('an amount is written with the decimals that it came with', () => {
  for (const [amount, currency] of [
    ['1200', 'JPY'],
    ['0.005', 'KWD'],
    ['-0.05', 'USD'],
    ['90071992547409.93', 'USD'],
  ]) {
    assert.deepEqual(Amount.of({ amount, currency }).toMoney(), { amount, currency });
  }
});

test('halves are rounded to even', () => {
  const halves = [
    ['0.01', '0.00'],
    ['0.03', '0.02'],
    ['0.05', '0.02'],
    ['0.07', '0.04'],
    ['-0.03', '-0.02'],
  ];
  for (const [whole, half] of halves) assert.equal(usd(whole).share(1, 2).toMoney().amount, half);
});

test('parts add up to the whole', () => {
  const [first, both, all] = [1, 2, 3].map((parts) => usd('10.00').share(parts, 3));
  const parts = [first, both.minus(first), all.minus(both)];
  assert.deepEqual(
    parts.map((part) => part.toMoney().amount),
    ['3.33', '3.34', '3.33'],
  );
  assert.equal(parts.reduce((sum, part) => sum.plus(part)).toMoney().amount, '10.00');
});

test('a sum has the decimals of its first part, and no fewer', () => {
  assert.equal(usd('1.00').plus(usd('2')).toMoney().amount, '3.00');
  assert.throws(() => usd('1').plus(usd('0.50')), TypeError);
  assert.throws(() => usd('1').plus(Amount.of({ amount: '1', currency: 'JPY' })), TypeError);
});

test('what is no decimal number is refused', () => {
  for (const amount of ['1e3', '1,50', '', '.5', 'NaN']) assert.throws(() => usd(amount), TypeError);
});
