/**
 * What lint must be told, since it knows neither time nor people. `today` is `YYYY-MM-DD` (UTC). `groups`: ids of the people in each approver group,
 * when they are known.
 */
export type LintContext = {
  readonly today: string;
  readonly groups?: Readonly<Record<string, readonly string[]>>;
};
