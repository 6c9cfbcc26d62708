/** What a process may say of something it depends on. */
export type ComplaintKind =
  | 'unresolved'
  | 'unreachable'
  | 'refused-login'
  | 'no-connections'
  | 'read-only'
  | 'schema-missing'
  | 'certificate-expired'
  | 'certificate-host'
  | 'certificate-untrusted';

/** The kind of server a sign speaks of, where its format tells. */
export type Tech = 'postgres' | 'mysql' | 'mongo' | 'redis' | 'amqp' | 'kafka' | 'http' | 'search' | 'sqlserver';

/** A sign that a line gives. `named` are the words that its format puts in known places: a user, a table, a host. They are the text of strangers. */
export type ComplaintSign = {
  readonly kind: ComplaintKind;
  readonly tech: Tech | undefined;
  readonly named: Readonly<Record<string, string>>;
};

type Row = readonly [kind: ComplaintKind | 'other', tech: Tech | undefined, sign: RegExp];

// The first row that fits a line decides. Formats are those of the servers and of the clients for Go, Java, Python, Node, Ruby, PHP, .NET and Rust; every repetition is
// bounded. `other` rows look like one of the kinds and are not.
const rows: readonly Row[] = [
  [
    'other',
    undefined,
    /QueuePool limit of size|Timeout acquiring a connection|HikariPool-\d{1,4} - Connection is not available|timeout exceeded when trying to connect|connection pool (?:timed? ?out|exhausted)|pool is probably full|could not obtain a (?:database )?connection within|TimeoutError: ResourceRequest timed out|pool timed out while waiting/i,
  ],

  [
    'certificate-host',
    undefined,
    /certificate is (?:not )?valid for (?<names>[^\n]{1,200}?), not (?<host>[A-Za-z0-9.*-]{1,253})/,
  ],
  [
    'certificate-host',
    undefined,
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames|Hostname\/IP does not match/,
  ],
  ['certificate-host', undefined, /Hostname mismatch, certificate is not valid for '(?<host>[A-Za-z0-9.*-]{1,253})'/],
  [
    'certificate-host',
    undefined,
    /No (?:subject alternative (?:DNS )?names?|name) matching (?<host>[A-Za-z0-9.*-]{1,253}) found|No subject alternative names present/,
  ],
  [
    'certificate-host',
    undefined,
    /no alternative certificate subject name matches target host name '?(?<host>[A-Za-z0-9.*-]{1,253})|hostname "(?<other>[A-Za-z0-9.*-]{1,253})" does not match the server certificate|RemoteCertificateNameMismatch|NotValidForName|server certificate for "[^"]{1,253}" does not match host name|certificate is not valid for any names/,
  ],
  [
    'certificate-expired',
    undefined,
    /certificate has expired or is not yet valid(?:: current time (?<clock>\S{10,40}) is (?<side>after|before) (?<bound>\S{10,40}))?/,
  ],
  [
    'certificate-expired',
    undefined,
    /certificate has expired|CERT_HAS_EXPIRED|certificate expired|CertificateExpiredException|CertExpired\b|certificate is not yet valid|CERT_NOT_YET_VALID|CertificateNotYetValidException|NotTimeValid|tlsv1 alert certificate expired|NotAfter: |invalid peer certificate: Expired/,
  ],
  [
    'certificate-untrusted',
    undefined,
    /signed by unknown authority|self[- ]signed certificate|unable to verify the first certificate|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|unable to get (?:local )?issuer certificate|PKIX path building failed|unable to find valid certification path|UnknownIssuer|RemoteCertificateChainErrors|PartialChain|UntrustedRoot|certificate verify failed|tlsv1 alert unknown ca/,
  ],

  ['refused-login', 'postgres', /password authentication failed for user "(?<user>[^"]{1,128})"/],
  [
    'refused-login',
    'postgres',
    /role "(?<user>[^"]{1,128})" does not exist|no pg_hba\.conf entry for host|SCRAM authentication failed|28P01|28000: /,
  ],
  ['refused-login', 'mysql', /Access denied for user '(?<user>[^']{0,128})'@/],
  [
    'refused-login',
    'redis',
    /WRONGPASS|NOAUTH Authentication required|ERR invalid password|ERR AUTH <password> called without any password/,
  ],
  [
    'refused-login',
    'mongo',
    /MongoServerError: Authentication failed|MongoSecurityException|AuthenticationFailed\b|SCRAM-SHA-\d{1,3} authentication failed|auth error: |command (?:saslStart|saslContinue) (?:failed|requires)|Exception authenticating MongoCredential|bad auth : /i,
  ],
  ['refused-login', 'amqp', /ACCESS_REFUSED|username or password not allowed/],
  [
    'refused-login',
    'kafka',
    /SaslAuthenticationException|SASL authentication (?:failed|error)|Authentication failed during authentication due to invalid credentials|SASL handshake/i,
  ],
  ['refused-login', 'sqlserver', /Login failed for user '(?<user>[^']{1,128})'/],
  ['refused-login', 'search', /security_exception[^\n]{0,200}unable to authenticate user \[(?<user>[^\]]{1,128})\]/],
  [
    'refused-login',
    'http',
    /\b401 Unauthorized\b|\bHTTP(?:\/\d(?:\.\d)?)? 401\b|status(?: ?code)?[ :=]{1,3}401\b|responded with (?:a )?401\b/i,
  ],

  [
    'no-connections',
    'postgres',
    /too many clients already|remaining connection slots are reserved|too many connections for (?:role|database) "(?<user>[^"]{1,128})"|no more connections allowed \(max_client_conn\)|53300/,
  ],
  [
    'no-connections',
    'mysql',
    /Too many connections|ER_CON_COUNT_ERROR|has (?:already more than|exceeded the) '?max_user_connections/,
  ],
  ['no-connections', 'redis', /max number of clients reached/],
  ['no-connections', 'mongo', /connection refused because too many open connections/],

  ['read-only', 'postgres', /cannot execute (?<verb>[A-Z][A-Z ]{1,30}) in a read-only transaction|25006/],
  ['read-only', 'redis', /READONLY You can't write against a read only (?:replica|slave)/],
  [
    'read-only',
    'mysql',
    /running with the (?<option>--(?:super-)?read-only|--innodb-read-only) option|super_read_only|in read-only mode so it cannot execute/,
  ],
  [
    'read-only',
    'mongo',
    /NotWritablePrimary|not master and slaveOk|not primary and secondaryOk|NotPrimaryError|node is not in primary or recovering state|MongoNotPrimaryException/,
  ],
  [
    'read-only',
    'search',
    /index read-only \/ allow delete|FORBIDDEN\/\d{1,2}\/index read-only|cluster_block_exception/,
  ],
  ['read-only', undefined, /attempt to write a readonly database|database is (?:in )?read[- ]only(?: mode)?\b/i],

  ['schema-missing', 'postgres', /relation "(?<table>[^"]{1,128})" does not exist/],
  [
    'schema-missing',
    'postgres',
    /column (?:"(?<column>[^"]{1,128})"|(?<plain>[A-Za-z0-9_.]{1,128})) (?:of relation "(?<table>[^"]{1,128})" )?does not exist/,
  ],
  ['schema-missing', 'mysql', /Table '(?<table>[^']{1,200})' doesn't exist|Unknown column '(?<column>[^']{1,128})' in/],
  [
    'schema-missing',
    undefined,
    /The (?:table [`'"](?<table>[^`'"]{1,128})[`'"]|column [`'"](?<column>[^`'"]{1,128})[`'"]) does not exist in the current database/,
  ],
  ['schema-missing', undefined, /no such (?:table|column): (?<table>[A-Za-z0-9_.]{1,128})/],
  ['schema-missing', 'sqlserver', /Invalid object name '(?<table>[^']{1,128})'/],
  [
    'schema-missing',
    undefined,
    /pending (?:database )?migrations?\b|migrations are pending|unapplied migration|Migrations are pending|ActiveRecord::PendingMigrationError|database schema (?:is )?(?:out of date|not up to date|version mismatch)|Schema-validation: missing (?:table|column) \[(?<table>[^\]]{1,128})\]/i,
  ],

  [
    'unresolved',
    undefined,
    /no such host|ENOTFOUND|EAI_AGAIN|EAI_NONAME|could not translate host name|UnknownHostException|Unknown(?: MySQL)? (?:server )?host|Name or service not known|nodename nor servname|Temporary failure in name resolution|No such host is known|Name does not resolve|Name has no usable address|(?:could not|couldn't|cannot|can't|failed to|unable to) (?:resolve|lookup|look up)\b|host not found in upstream|bad address '|getaddrinfo(?: for [^\s]{1,253})? failed|failed to lookup address|nxdomain|server can't find|No resolvable bootstrap urls|DNS resolution failed|No address associated with hostname|hostname lookup failed/i,
  ],
  [
    'unreachable',
    undefined,
    /connection refused|ECONNREFUSED|actively refused|Connection to [^\s]{1,260} refused|i\/o timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ConnectTimeout|connect(?:ion)? ?timed? ?out|connection timeout|no route to host|network is unreachable|failed to connect|unable to connect|UnableToConnect|not possible to connect|could not connect|cannot connect|can't connect|couldn't connect|Connect call failed|could not be established|Broker may not be available|timeout occurred after waiting|upstream connect error|no response from|- no response$|waiting for [^\s]{1,260}:\d{2,5}|ServerSelectionTimeoutError|MongoServerSelectionError|Communications link failure|connection attempt failed|context deadline exceeded|dial error|503 Service Unavailable|connection reset by peer|ECONNRESET/i,
  ],
];

/** What one line of a log says of a dependency; undefined for all other lines. */
export function complaintSignOf(line: string): ComplaintSign | undefined {
  // Quotes inside of JSON lines are written with a backslash.
  const text = line.includes('\\"') ? line.replaceAll('\\"', '"') : line;
  for (const [kind, tech, sign] of rows) {
    const match = sign.exec(text);
    if (match === null) continue;
    if (kind === 'other') return undefined;
    const named = Object.fromEntries(
      Object.entries(match.groups ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    return { kind, tech, named };
  }
  return undefined;
}
