import type { Random } from './random.ts';

const things =
  'checkout cart basket invoice ledger refund voucher coupon pricing quote stock shelf parcel courier dispatch route fleet driver rider dock booking seat ticket venue lobby guest member badge consent profile avatar friend inbox letter digest banner poster video clip stream playlist album chart radar forecast sensor meter relay beacon pulse vitals clinic recipe pantry harvest orchard quarry furnace turbine ferry harbor anchor compass atlas'.split(
    ' ',
  );
const roles =
  'api web worker gateway service backend frontend engine sync proxy loader writer reader indexer broker hub agent server handler planner matcher exporter importer resolver renderer tracker feeder keeper runner bridge portal'.split(
    ' ',
  );
const teams =
  'acorn amber aspen basalt birch blaze breeze canyon cedar cinder cliff clover cobalt comet coral cypress delta dune eagle ember falcon fjord flint forest glacier granite grove heron indigo island jasper juniper lagoon larch lotus maple meadow mesa nimbus north ocean onyx opal orchid osprey otter pebble pine prairie quartz raven reef ridge river sable sage slate spruce summit tundra valley willow zephyr'.split(
    ' ',
  );
const stages =
  'prod live stage eu us apac core edge blue green main demo canary shared tools data batch public private west east south central one two three alpha beta gamma next legacy'.split(
    ' ',
  );
const companies =
  'brightwell caldera dunmore eastgate fernhill goldcrest hollowbrook ironleaf kestrelworks lindqvist marlowe northbeam oakhaven pinecrest quillfeather rookwood silverlane thornbury underhill vantage westmarch yarrow zanderly bluepeak copperfield driftwood elmstead foxglove greyhound hawthorne inkwell'.split(
    ' ',
  );

export type Names = {
  /** Like a team's, never twice in a case. */
  namespace(): string;
  /** Like a service's, never twice in a case. */
  workload(): string;
  company: string;
  domain: string;
  registry: string;
  image(workload: string): string;
  tag(): string;
  port(): number;
  node(index: number): string;
};

/**
 * Names of one case. A name is a pair of words whose distance in their lists depends on the seed: seeds that differ modulo 31 share no namespace, workload or company.
 */
export function createNames(random: Random, seed: number): Names {
  const pairs = (first: readonly string[], second: readonly string[]) => {
    const order = random.shuffle(first.map((word, index) => `${word}-${second[(index + seed) % second.length]}`));
    return () => {
      const name = order.pop();
      if (name === undefined) throw new RangeError('a case uses more names than there are');
      return name;
    };
  };
  const company = companies[(seed * 7 + 3) % companies.length] ?? 'example';
  const domain = `${company}.${random.pick(['com', 'io', 'net', 'dev', 'cloud'])}`;
  const registry = random.pick([
    `registry.${domain}`,
    `ghcr.io/${company}`,
    `${random.int(100000000000, 999999999999)}.dkr.ecr.eu-central-1.amazonaws.com`,
    `europe-docker.pkg.dev/${company}-prod/images`,
    `harbor.${domain}/apps`,
    `quay.io/${company}`,
  ]);
  const tag = () =>
    random.pick([
      `v${random.int(0, 9)}.${random.int(0, 30)}.${random.int(0, 20)}`,
      `${random.int(1, 9)}.${random.int(0, 40)}.${random.int(0, 9)}`,
      `20${random.int(23, 26)}.${random.int(10, 12)}.${random.int(1, 28)}`,
      random.hex(7),
    ]);
  const nodeStyle = random.int(0, 4);
  const salt = random.suffix(5);
  return {
    namespace: pairs(teams, stages),
    workload: pairs(things, roles),
    company,
    domain,
    registry,
    tag,
    image: (workload) => `${registry}/${workload}:${tag()}`,
    port: () => random.pick([3000, 4000, 5000, 7070, 8000, 8081, 8088, 8090, 8443, 8888, 9000, 9191]) + (seed % 31),
    node: (index) =>
      [
        `ip-10-${(seed % 200) + 10}-${random.int(1, 250)}-${random.int(2, 250)}.eu-west-${(seed % 3) + 1}.compute.internal`,
        `gke-${company}-pool-${salt}-${random.hex(4)}`,
        `aks-${company.slice(0, 8)}-${random.int(10000000, 99999999)}-vmss00000${index}`,
        `${company.slice(0, 6)}-${salt}-worker-${index + 1}`,
        `k8s-${salt}-${index + 10}`,
      ][nodeStyle] ?? `node-${index}`,
  };
}
