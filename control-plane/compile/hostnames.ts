// SPDX-License-Identifier: Apache-2.0

/**
 * The hosts of a route that its listener also has, each in its narrower form. Empty = every host of the
 * listener; undefined = none in common, so the route does not attach.
 */
export function intersectHostnames(
  listener: string | undefined,
  route: readonly string[],
): readonly string[] | undefined {
  if (route.length === 0) return [];
  const common = new Set<string>();
  for (const hostname of route) {
    const narrower = narrow(listener ?? '', hostname);
    if (narrower !== undefined) common.add(narrower);
  }
  return common.size === 0 ? undefined : [...common].sort();
}

function narrow(a: string, b: string): string | undefined {
  if (a === '' || covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
}

/** Whether every host of `narrow` is one of `wide`: `*.b.c` covers `a.b.c` and `*.a.b.c`, not `b.c`. */
function covers(wide: string, narrowName: string): boolean {
  if (wide === narrowName) return true;
  return wide.startsWith('*.') && narrowName.endsWith(wide.slice(1));
}
