import type { Route } from '../incident/events.ts';
import { allMatch, type Matcher } from './matcher.ts';

export type RouteRule = { readonly matchers: readonly Matcher[]; readonly route: Route };
export type RouteTable = { readonly rules: readonly RouteRule[]; readonly fallback: Route };

/** The first rule whose matchers all hold, else the default route: every signal has somewhere to go. */
export function routeFor(table: RouteTable, labels: Readonly<Record<string, string>>): Route {
  return table.rules.find(({ matchers }) => allMatch(matchers, labels))?.route ?? table.fallback;
}
