import { isoSeconds } from './wire.ts';

/** What a client wanted, as its log tells it. */
export type Wanted = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly ip: string;
  readonly nowMs: number;
};

export type Language = 'go' | 'java' | 'python' | 'node' | 'ruby' | 'dotnet' | 'php';
export const languages: readonly Language[] = ['go', 'java', 'python', 'node', 'ruby', 'dotnet', 'php'];

type Lines = (wanted: Wanted) => readonly string[];
type Table = Readonly<Record<Language, Lines>>;

/** The name of the host is not known. */
export const unknownHost: Table = {
  go: ({ host, user, database }) => [
    `{"level":"fatal","ts":1719830000.1,"msg":"connect database","error":"failed to connect to \`user=${user} database=${database}\`: hostname resolving error: lookup ${host} on 10.96.0.10:53: no such host"}`,
  ],
  java: ({ host }) => [
    'ERROR 1 --- [main] com.zaxxer.hikari.pool.HikariPool : HikariPool-1 - Exception during pool initialization.',
    'org.postgresql.util.PSQLException: The connection attempt failed.',
    '\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:354)',
    `Caused by: java.net.UnknownHostException: ${host}`,
    '\tat java.base/sun.nio.ch.NioSocketImpl.connect(NioSocketImpl.java:567)',
  ],
  python: ({ host }) => [
    'Traceback (most recent call last):',
    '  File "/usr/local/lib/python3.12/site-packages/sqlalchemy/engine/base.py", line 146, in __init__',
    `sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not translate host name "${host}" to address: Name or service not known`,
    '(Background on this error at: https://sqlalche.me/e/20/e3q8)',
  ],
  node: ({ host }) => [
    `Error: getaddrinfo ENOTFOUND ${host}`,
    '    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26) {',
    '  errno: -3008,',
    "  code: 'ENOTFOUND',",
    "  syscall: 'getaddrinfo',",
    `  hostname: '${host}'`,
    '}',
  ],
  ruby: ({ host }) => [
    `/usr/local/bundle/gems/pg-1.5.6/lib/pg/connection.rb:709:in 'async_connect_or_reset': could not translate host name "${host}" to address: Name or service not known (PG::ConnectionBad)`,
  ],
  dotnet: ({ host }) => [
    'Unhandled exception. System.Net.Sockets.SocketException (0xFFFDFFFF): Name or service not known',
    `   at System.Net.Dns.GetHostEntryOrAddressesCore(String hostName, Boolean justAddresses) host=${host}`,
    '   at Npgsql.Internal.NpgsqlConnector.ConnectAsync(NpgsqlTimeout timeout, CancellationToken cancellationToken)',
  ],
  php: ({ host }) => [
    `PHP Fatal error:  Uncaught PDOException: SQLSTATE[08006] [7] could not translate host name "${host}" to address: Name or service not known in /var/www/html/src/Db.php:21`,
  ],
};

/** Nobody listens on the port. */
export const refused: Table = {
  go: ({ ip, port, user, database }) => [
    `panic: failed to connect to \`user=${user} database=${database}\`: ${ip}:${port} : dial error: dial tcp ${ip}:${port}: connect: connection refused`,
  ],
  java: ({ host, port }) => [
    `org.postgresql.util.PSQLException: Connection to ${host}:${port} refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.`,
    'Caused by: java.net.ConnectException: Connection refused',
  ],
  python: ({ host, ip, port }) => [
    `psycopg2.OperationalError: connection to server at "${host}" (${ip}), port ${port} failed: Connection refused`,
    '\tIs the server running on that host and accepting TCP/IP connections?',
  ],
  node: ({ ip, port }) => [
    `Error: connect ECONNREFUSED ${ip}:${port}`,
    '    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16) {',
    '  errno: -111,',
    "  code: 'ECONNREFUSED',",
    "  syscall: 'connect',",
    `  address: '${ip}',`,
    `  port: ${port}`,
    '}',
  ],
  ruby: ({ host, ip, port }) => [
    `PG::ConnectionBad: connection to server at "${ip}", port ${port} failed: Connection refused`,
    `\tIs the server running on host "${host}" and accepting TCP/IP connections?`,
  ],
  dotnet: ({ ip, port }) => [
    `Npgsql.NpgsqlException (0x80004005): Failed to connect to ${ip}:${port}`,
    ' ---> System.Net.Sockets.SocketException (111): Connection refused',
  ],
  php: ({ host, ip, port }) => [
    `PHP Fatal error:  Uncaught PDOException: SQLSTATE[08006] [7] connection to server at "${host}" (${ip}), port ${port} failed: Connection refused`,
    '\tIs the server running on that host and accepting TCP/IP connections? in /app/bootstrap.php:9',
  ],
};

/** The packets go nowhere. */
export const timedOut: Table = {
  go: ({ ip, port }) => [`level=error msg="upstream call failed" err="dial tcp ${ip}:${port}: i/o timeout"`],
  java: ({ host, port }) => [
    `java.net.SocketTimeoutException: Connect timed out: ${host}:${port}`,
    '\tat java.base/sun.nio.ch.NioSocketImpl.timedFinishConnect(NioSocketImpl.java:546)',
  ],
  python: ({ host, ip, port }) => [
    `psycopg2.OperationalError: connection to server at "${host}" (${ip}), port ${port} failed: Connection timed out`,
  ],
  node: ({ ip, port }) => [`Error: connect ETIMEDOUT ${ip}:${port}`, "  code: 'ETIMEDOUT',"],
  ruby: ({ host, ip, port }) => [
    `PG::ConnectionBad: connection to server at "${host}" (${ip}), port ${port} failed: Connection timed out`,
  ],
  dotnet: ({ ip, port }) => [
    `Npgsql.NpgsqlException (0x80004005): Failed to connect to ${ip}:${port}`,
    ' ---> System.TimeoutException: Timeout during connection attempt',
  ],
  php: ({ host, ip, port }) => [
    `PDOException: SQLSTATE[08006] [7] connection to server at "${host}" (${ip}), port ${port} failed: Connection timed out in /app/bootstrap.php:9`,
  ],
};

/** The credentials are wrong. */
export const rejected: Table = {
  go: ({ user, database }) => [
    `{"level":"fatal","msg":"open","error":"failed to connect to \`user=${user} database=${database}\`: failed SASL auth (FATAL: password authentication failed for user \\"${user}\\" (SQLSTATE 28P01))"}`,
  ],
  java: ({ user }) => [
    `org.postgresql.util.PSQLException: FATAL: password authentication failed for user "${user}"`,
    '\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:704)',
  ],
  python: ({ host, ip, port, user }) => [
    `psycopg2.OperationalError: connection to server at "${host}" (${ip}), port ${port} failed: FATAL:  password authentication failed for user "${user}"`,
  ],
  node: ({ user }) => [
    `error: password authentication failed for user "${user}"`,
    '    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:283:98) {',
    "  code: '28P01',",
  ],
  ruby: ({ user }) => [`PG::ConnectionBad: FATAL:  password authentication failed for user "${user}"`],
  dotnet: ({ user }) => [
    `Unhandled exception. Npgsql.PostgresException (0x80004005): 28P01: password authentication failed for user "${user}"`,
  ],
  php: ({ host, ip, port, user }) => [
    `PDOException: SQLSTATE[08006] [7] connection to server at "${host}" (${ip}), port ${port} failed: FATAL:  password authentication failed for user "${user}" in /var/www/db.php:12`,
  ],
};

/** The server takes no more connections. */
export const exhausted: Table = {
  go: () => ['pq: sorry, too many clients already'],
  java: () => [
    'org.postgresql.util.PSQLException: FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute',
  ],
  python: ({ host }) => [
    `psycopg2.OperationalError: connection to server at "${host}" failed: FATAL:  sorry, too many clients already`,
  ],
  node: () => ['error: sorry, too many clients already', "  code: '53300',"],
  ruby: () => ['PG::ConnectionBad: FATAL:  sorry, too many clients already'],
  dotnet: () => ['Npgsql.PostgresException (0x80004005): 53300: sorry, too many clients already'],
  php: ({ host, ip, port }) => [
    `PDOException: SQLSTATE[08006] [7] connection to server at "${host}" (${ip}), port ${port} failed: FATAL:  sorry, too many clients already`,
  ],
};

/** Writes are refused. */
export const readOnly: Table = {
  go: () => ['ERROR: cannot execute INSERT in a read-only transaction (SQLSTATE 25006)'],
  java: () => ['org.postgresql.util.PSQLException: ERROR: cannot execute UPDATE in a read-only transaction'],
  python: () => [
    'sqlalchemy.exc.InternalError: (psycopg2.errors.ReadOnlySqlTransaction) cannot execute INSERT in a read-only transaction',
  ],
  node: () => ['error: cannot execute INSERT in a read-only transaction', "  code: '25006',"],
  ruby: () => [
    'ActiveRecord::StatementInvalid: PG::ReadOnlySqlTransaction: ERROR:  cannot execute INSERT in a read-only transaction',
  ],
  dotnet: () => ['Npgsql.PostgresException (0x80004005): 25006: cannot execute INSERT in a read-only transaction'],
  php: () => [
    'PDOException: SQLSTATE[25006]: Read only sql transaction: 7 ERROR:  cannot execute INSERT in a read-only transaction',
  ],
};

/** A table or column is not there. */
export const noTable: Readonly<Record<Language, (table: string) => readonly string[]>> = {
  go: (table) => [`ERROR: relation "${table}" does not exist (SQLSTATE 42P01)`],
  java: (table) => [`org.postgresql.util.PSQLException: ERROR: relation "${table}" does not exist`, '  Position: 15'],
  python: (table) => [
    `django.db.utils.ProgrammingError: relation "${table}" does not exist`,
    `LINE 1: SELECT "${table}"."id" FROM "${table}"`,
  ],
  node: (table) => [`error: relation "${table}" does not exist`, "  code: '42P01',"],
  ruby: (table) => [
    'ActiveRecord::PendingMigrationError:',
    'Migrations are pending. To resolve this issue, run:',
    '        bin/rails db:migrate RAILS_ENV=production',
    'You have 1 pending migration:',
    `db/migrate/20250301101500_create_${table}.rb`,
  ],
  dotnet: (table) => [`Npgsql.PostgresException (0x80004005): 42P01: relation "${table}" does not exist`],
  php: (table) => [`SQLSTATE[42P01]: Undefined table: 7 ERROR:  relation "${table}" does not exist`],
};

export const expired: Table = {
  go: ({ host, nowMs }) => [
    `Get "https://${host}/v1/items": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${isoSeconds(nowMs)} is after ${isoSeconds(nowMs - 3 * 3_600_000)}`,
  ],
  java: ({ host, nowMs }) => [
    `I/O error on GET request for "https://${host}/v1": PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed`,
    `Caused by: java.security.cert.CertificateExpiredException: NotAfter: ${new Date(nowMs - 3 * 3_600_000).toUTCString()}`,
  ],
  python: ({ host, port }) => [
    `requests.exceptions.SSLError: HTTPSConnectionPool(host='${host}', port=${port}): Max retries exceeded with url: /v1 (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1000)')))`,
  ],
  node: ({ host }) => [
    `FetchError: request to https://${host}/v1 failed, reason: certificate has expired`,
    "  code: 'CERT_HAS_EXPIRED'",
  ],
  ruby: ({ host }) => [
    `OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 peeraddr=10.96.4.2:443 state=error: certificate verify failed (certificate has expired) (${host})`,
  ],
  dotnet: ({ host }) => [
    `System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception. (${host}:443)`,
    ' ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: NotTimeValid',
  ],
  php: ({ host }) => [
    `GuzzleHttp\\Exception\\RequestException: cURL error 60: SSL certificate problem: certificate has expired (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://${host}/v1`,
  ],
};

export const wrongHost: Table = {
  go: ({ host }) => [
    `Post "https://${host}/rpc": tls: failed to verify certificate: x509: certificate is valid for old-name.example.org, not ${host}`,
  ],
  java: ({ host }) => [
    `javax.net.ssl.SSLHandshakeException: (certificate_unknown) No subject alternative DNS name matching ${host} found.`,
  ],
  python: ({ host, port }) => [
    `requests.exceptions.SSLError: HTTPSConnectionPool(host='${host}', port=${port}): Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for '${host}'. (_ssl.c:1006)")))`,
  ],
  node: ({ host }) => [
    `Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: ${host}. is not in the cert's altnames: DNS:old-name.example.org`,
  ],
  ruby: ({ host }) => [
    `OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify failed (hostname mismatch) (${host})`,
  ],
  dotnet: ({ host }) => [
    `System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception. (${host}:443)`,
    ' ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch',
  ],
  php: ({ host }) => [`cURL error 60: SSL: no alternative certificate subject name matches target host name '${host}'`],
};

export const untrusted: Table = {
  go: ({ host }) => [
    `Get "https://${host}/v1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  ],
  java: () => [
    'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
  ],
  python: ({ host, port }) => [
    `requests.exceptions.SSLError: HTTPSConnectionPool(host='${host}', port=${port}): (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)')))`,
  ],
  node: ({ host }) => [
    `FetchError: request to https://${host}/ failed, reason: self-signed certificate in certificate chain`,
    "  code: 'SELF_SIGNED_CERT_IN_CHAIN'",
  ],
  ruby: ({ host }) => [
    `OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify failed (self-signed certificate in certificate chain) (${host})`,
  ],
  dotnet: ({ host }) => [
    `System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception. (${host}:443)`,
    ' ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: PartialChain',
  ],
  php: () => ['cURL error 60: SSL certificate problem: unable to get local issuer certificate'],
};
