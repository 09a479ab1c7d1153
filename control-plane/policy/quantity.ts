// SPDX-License-Identifier: Apache-2.0

/** A Kubernetes quantity (resource.Quantity): a decimal number and a decimal, binary or exponent suffix. */
const QUANTITY = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?[0-9]+))?$/;

const BINARY_POWER: Readonly<Record<string, bigint>> = { K: 1n, M: 2n, G: 3n, T: 4n, P: 5n, E: 6n };
const DECIMAL_POWER: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/**
 * The whole number a quantity stands for, a fraction rounded away from zero as Kubernetes does:
 * `64Ki` → 65536, `1.5k` → 1500, `100m` → 1. Undefined when the text is no quantity.
 */
export function parseQuantity(text: string): bigint | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', binary, decimal, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const power = decimal === undefined ? Number(exponent ?? 0) : (DECIMAL_POWER[decimal] ?? 0);
  const scale = power - fraction.length;
  const factor = binary === undefined ? 1n : 1024n ** (BINARY_POWER[binary] ?? 0n);
  const numerator = digits * factor * 10n ** BigInt(Math.max(0, scale));
  const denominator = 10n ** BigInt(Math.max(0, -scale));
  const rounded = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -rounded : rounded;
}
