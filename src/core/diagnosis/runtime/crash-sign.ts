import { cutText } from '../cut-text.ts';
import { isPropertyLine } from './log-tail.ts';

/** What the end of a log says about a crash, as one of a few classes. The words are ours: nothing of the log but the line itself is passed on. */
export type CrashSign = { readonly is: string; readonly line: string };

const noAnswer = 'a dependency that does not answer';

// The first row that fits a line decides: what says more stands above what says less.
const signs: readonly (readonly [is: string, sign: RegExp])[] = [
  [
    'a port that is in use',
    /address already in use|EADDRINUSE|port \d{1,5} (?:is|was) already (?:in use|allocated)|Only one usage of each socket address/i,
  ],
  ['a full disk', /no space left on device|ENOSPC|disk quota exceeded|not enough space on the disk/i],
  [
    'memory that the process could not get',
    /java\.lang\.OutOfMemoryError|JavaScript heap out of memory|cannot allocate memory|std::bad_alloc|MemoryError\b|System\.OutOfMemoryException|Allowed memory size of \d{1,20} bytes exhausted|fatal error: runtime: out of memory/i,
  ],
  ['a segmentation fault', /segmentation fault|SIGSEGV|invalid memory address or nil pointer dereference/i],
  [
    'a configuration that cannot be read',
    /(?:failed|unable|error|cannot|could not|couldn't)[^\n]{0,60}(?:pars|unmarshal|decod|load|read)\w{0,6}[^\n]{0,60}(?:config|settings|yaml|toml|\.env\b|properties)|(?:invalid|bad|malformed|unknown) (?:configuration|config|setting|directive|yaml|toml)|yaml: (?:line|unmarshal)|mapping values are not allowed|ParserError: while|configuration file [^\n]{0,200} test failed|\[emerg\]|toml: |Error creating bean|BeanCreationException|UnsatisfiedDependencyException/i,
  ],
  [
    'a required setting that is not set',
    /(?:environment variable|env var|setting|parameter|property|flag|option)\s?["'`]?[\w.-]{0,80}["'`]? (?:is |was )?(?:required|missing|not set|not defined|must be set|undefined|empty)|(?:missing|required)[^\n]{0,30} (?:environment variable|env var|setting|configuration|flag)|Could not resolve placeholder/i,
  ],
  // A key in capitals is one of the environment; others are of data.
  ['a required setting that is not set', /KeyError: '[A-Z][A-Z0-9_]{1,80}'/],
  ['a permission that is not given', /permission denied|EACCES|EPERM|operation not permitted|access is denied/i],
  [
    'a file or module that is not there',
    /no such file or directory|ENOENT|Cannot find module|ModuleNotFoundError|ImportError|ClassNotFoundException|NoClassDefFoundError|cannot open shared object file|Could not load file or assembly|LoadError\b|Could not open input file/i,
  ],
  [
    noAnswer,
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|name or service not known|could not translate host name|UnknownHostException|i\/o timeout|ETIMEDOUT|connection timed out|no route to host|getaddrinfo/i,
  ],
  ['a Go panic', /^panic: |\spanic: |\[signal SIG/],
  ['a Rust panic', /thread '[^']{0,100}' panicked at/],
  ['an assertion that failed', /assertion (?:`[^`]{0,200}` )?failed|AssertionError/i],
  [
    'an unhandled exception',
    /Traceback \(most recent call last\)|Exception in thread|Unhandled exception|UnhandledPromiseRejection|Uncaught \w{0,40}(?:Error|Exception)|PHP Fatal error|unexpected error, terminating|(?:^|\s)(?:[\w.]{1,120}(?:Error|Exception)): /i,
  ],
  [
    'a login or request that is refused',
    /password authentication failed|authentication failed|access denied for user|\b40[13] (?:Unauthorized|Forbidden)|\bError 40[13]\b|not authorized/i,
  ],
  ['a fatal error', /\bfatal\b|level=fatal|"level":"fatal"|\bCRITICAL\b/i],
];

/** Classes of which the process, its image or its configuration is the cause: no other server makes them. */
export const ownFaults: ReadonlySet<string> = new Set([
  'a port that is in use',
  'a full disk',
  'a segmentation fault',
  'a configuration that cannot be read',
  'a required setting that is not set',
  'a permission that is not given',
  'a file or module that is not there',
]);

const linesLookedAt = 60;
/** What an error is stands at the front of its line. */
const maxLineLength = 500;

/** The class of error that the end of a log shows: the most telling sign among its last lines, the newest line of it. */
export function crashSignOf(tail: readonly string[]): CrashSign | undefined {
  const near = tail.slice(-linesLookedAt);
  const telling = near.filter((line) => !isPropertyLine(line));
  const lines = (telling.length === 0 ? near : telling).map((line) => line.slice(0, maxLineLength));
  let best: { rank: number; line: string } | undefined;
  for (const line of lines.toReversed()) {
    const rank = rankOf(line);
    if (rank !== -1 && (best === undefined || rank < best.rank)) best = { rank, line };
  }
  const is = best === undefined ? undefined : signs[best.rank]?.[0];
  return best === undefined || is === undefined
    ? undefined
    : { is, line: cutText(best.line.trim().replace(place, ''), 240) };
}

// "unable to load configmap …: dial tcp …: i/o timeout": what is read over the network fails with the network.
function rankOf(line: string): number {
  const rank = signs.findIndex(([, sign]) => sign.test(line));
  const other = signs.findIndex(([is]) => is === noAnswer);
  return signs[rank]?.[0] === 'a configuration that cannot be read' && signs[other]?.[1].test(line) ? other : rank;
}

// Ruby puts the place before what it says.
const place = /^\S{1,300}:\d{1,7}:in [`'][^'\n]{1,100}': /;
