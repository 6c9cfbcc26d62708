/** What the end of a log says about a crash, as one of a few classes. The words are ours: nothing of the log but the line itself is passed on. */
export type CrashSign = { readonly is: string; readonly line: string };

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
    /(?:environment variable|env var|setting|parameter|property|flag|option)\s?["'`]?[\w.-]{0,80}["'`]? (?:is |was )?(?:required|missing|not set|not defined|must be set|undefined|empty)|(?:missing|required)[^\n]{0,30} (?:environment variable|env var|setting|configuration|flag)|KeyError: '[A-Z0-9_]{2,80}'|Could not resolve placeholder/i,
  ],
  ['a permission that is not given', /permission denied|EACCES|EPERM|operation not permitted|access is denied/i],
  [
    'a file or module that is not there',
    /no such file or directory|ENOENT|Cannot find module|ModuleNotFoundError|ImportError|ClassNotFoundException|NoClassDefFoundError|cannot open shared object file|Could not load file or assembly|LoadError\b|Could not open input file/i,
  ],
  [
    'a dependency that does not answer',
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|name or service not known|could not translate host name|UnknownHostException|i\/o timeout|ETIMEDOUT|connection timed out|no route to host|getaddrinfo/i,
  ],
  ['a Go panic', /^panic: |\spanic: |\[signal SIG/],
  ['a Rust panic', /thread '[^']{0,100}' panicked at/],
  ['an assertion that failed', /assertion (?:`[^`]{0,200}` )?failed|AssertionError/i],
  [
    'an unhandled exception',
    /Traceback \(most recent call last\)|Exception in thread|Unhandled exception|UnhandledPromiseRejection|Uncaught \w{0,40}(?:Error|Exception)|PHP Fatal error|unexpected error, terminating|(?:^|\s)(?:[\w.]{1,120}(?:Error|Exception)): /i,
  ],
  ['a fatal error', /\bfatal\b|level=fatal|"level":"fatal"|\bCRITICAL\b/i],
];

const linesLookedAt = 60;
/** What an error is stands at the front of its line. */
const maxLineLength = 500;

/** The class of error that the end of a log shows: the most telling sign among its last lines, the newest line of it. */
export function crashSignOf(tail: readonly string[]): CrashSign | undefined {
  const lines = tail.slice(-linesLookedAt).map((line) => line.slice(0, maxLineLength));
  let best: { rank: number; line: string } | undefined;
  for (const line of lines.toReversed()) {
    const rank = signs.findIndex(([, sign]) => sign.test(line));
    if (rank !== -1 && (best === undefined || rank < best.rank)) best = { rank, line };
  }
  const is = best === undefined ? undefined : signs[best.rank]?.[0];
  return best === undefined || is === undefined ? undefined : { is, line: best.line.trim().slice(0, 240) };
}
