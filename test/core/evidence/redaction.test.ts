import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';

const redactor = createRedactor({ key: 'test key' });
const { redactText, redactObject } = redactor;

// Look-alikes, put together here so that no scanner takes them for real ones.
const letters = (count: number) => 'aB3dE5gH7jK9mN1pQ'.repeat(20).slice(0, count);
const digits = (count: number) => '4815162342'.repeat(20).slice(0, count);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub: 'someone' })}.${letters(43)}`;
const pem = (kind: string, eol = '\n') =>
  [`-----BEGIN ${kind}-----`, letters(64), letters(64), `-----END ${kind}-----`].join(eol);

describe('redactText masks', () => {
  it.each<[what: string, text: string, secret: string]>([
    ['a token that a sentence speaks of', 'fatal: auth token c4n4ryHunter2Zq9 rejected', 'c4n4ryHunter2Zq9'],
    ['a password that a sentence tells', 'the password for app is hunter2Zq9x, change it', 'hunter2Zq9x'],
    ['a key in quotes', 'invalid api key "9f8e7d6c5b4a39281706"', '9f8e7d6c5b4a39281706'],
    ['a password', 'login with password=Sup3rSecret ok', 'Sup3rSecret'],
    ['a password of one plain word', 'password=hunter', 'hunter'],
    ['a password after a colon in YAML', 'user: bob\n  password: hunter\n', 'hunter'],
    ['a password in a sentence', 'connection refused for password: Sup3rS', 'Sup3rS'],
    ['a quoted password with blanks', `db.password = "correct horse 'battery'"`, 'battery'],
    ['a quoted password with an escaped quote', '{"password":"ab\\"cd","x":1}', 'cd'],
    ['a password in JSON', '{"user":"bob", "password" : "p4ss"}', 'p4ss'],
    ['a password in JSON in JSON', '{"body":"{\\"password\\":\\"p4ss\\"}"}', 'p4ss'],
    ['an upper-case variable', 'DB_PASSWORD=p4ss', 'p4ss'],
    ['a variable with a number', 'REDIS_PASSWORD_2: p4ss!', 'p4ss!'],
    ['a joined word', 'dbpassword=p4ss', 'p4ss'],
    ['camel case', 'clientSecret=p4ss&x=1', 'p4ss'],
    ['an API key', 'x-api-key: k-4815', 'k-4815'],
    ['an AWS secret key', `AWS_SECRET_ACCESS_KEY=${letters(40)}`, letters(40)],
    ['an Azure account key', 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;E=x', 'c2VjcmV0'],
    ['a flag with its value', 'mysql --user bob --password hunter2 --host db', 'hunter2'],
    ['a flag with an equals sign', '--client-secret=hunter2', 'hunter2'],
    ['a token in a query', 'GET /x?token=abc123&page=2', 'abc123'],
    ['a Go arrow', 'token=>abc123', 'abc123'],
    ['basic credentials', 'Authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['bearer credentials', 'authorization: bearer abcdef', 'abcdef'],
    ['digest credentials', 'Authorization: Digest username="u", response="6629fae4"', '6629fae4'],
    ['a header in JSON', '{"Authorization":"Bearer abcdef"}', 'abcdef'],
    ['cookies', 'Cookie: sid=abc; theme=dark', 'abc'],
    ['a bearer token without a header', 'curl failed: Bearer abc123def456', 'abc123def456'],
    ['user and password in a URL', 'dial postgres://shop:p4ss@db:5432/orders failed', 'p4ss'],
    ['a password with a slash in a URL', 'postgres://shop:p4/ss@db:5432/orders', 'ss@'],
    ['a password with an at sign in a URL', 'amqp://shop:p@ss@mq:5672/', 'p@ss'],
    ['a token as user in a URL', 'https://tok3n@git.example/x.git', 'tok3n'],
    ['a Go MySQL address', 'dsn root:p4ss@tcp(db:3306)/shop', 'p4ss'],
    ['a JWT', `got ${jwt} here`, jwt],
    ['a private key', `key:\n${pem('RSA PRIVATE KEY')}\nend`, letters(64)],
    ['a private key in one line', `"${pem('PRIVATE KEY', '\\n')}"`, letters(64)],
    ['a private key that was cut off', pem('EC PRIVATE KEY').slice(0, 120), letters(40)],
    ['an AWS key id', `id AKIA${'Q'.repeat(16)}`, 'QQQQ'],
    ['a GitHub token', `x ghp_${letters(36)}`, letters(36)],
    ['a fine-grained GitHub token', `github_pat_${letters(40)}`, letters(40)],
    ['a GitLab token', `glpat-${letters(20)}`, letters(20)],
    ['a Slack bot token', `xoxb-${digits(11)}-${letters(24)}`, letters(24)],
    ['a Slack app token', `xapp-1-A1-${digits(12)}`, digits(12)],
    ['a Slack webhook', `https://hooks.slack.com/services/T1/B2/${letters(24)}`, letters(24)],
    ['an Anthropic key', `sk-ant-api03-${letters(40)}`, letters(40)],
    ['an OpenAI key', `sk-proj-${letters(40)}`, letters(40)],
    ['an older OpenAI key', `sk-${letters(48)}`, letters(48)],
    ['a Google key', `AIza${letters(35)}`, letters(35)],
    ['a Stripe key', `sk_live_${letters(24)}`, letters(24)],
    ['an npm token', `npm_${letters(36)}`, letters(36)],
    ['a Vault token', `hvs.${letters(24)}`, letters(24)],
    [
      'base64 of a secret',
      `data ${Buffer.from('password=Sup3rSecret1').toString('base64')} end`,
      Buffer.from('Sup3rS').toString('base64'),
    ],
    ['a secret split by a zero-width space', 'pass\u200bword=Sup3rSecret', 'Sup3rSecret'],
    ['a secret split by colours', 'pass\u001b[1mword\u001b[0m=Sup3rSecret', 'Sup3rSecret'],
    ['a secret glued to a mask', 'password=[REDACTED:value:0000]Sup3rSecret', 'Sup3rSecret'],
  ])('%s', (_what, text, secret) => {
    const redacted = redactText(text);
    expect(redacted).not.toContain(secret);
    expect(redacted).toMatch(/\[REDACTED:[a-z0-9-]+:[0-9a-f]{4}\]/);
    expect(redactText(redacted)).toBe(redacted);
  });
});

describe('redactText keeps', () => {
  const image = `registry.example:5000/shop/checkout:1.4.3@sha256:${'0123456789abcdef'.repeat(4)}`;
  it.each<[what: string, text: string]>([
    ['the name of a Secret', 'secret db-credentials-2 not found'],
    ['a sentence about tokens', 'token expired yesterday; token unauthenticated'],
    ['the name of a pod', 'token token-controller-7d9c6b5f4-x2x8k restarted'],
    ['a password policy', 'password authentication failed for user "app"'],
    ['an image by tag and digest', `Back-off pulling image "${image}"`],
    [
      'a pull failure',
      `failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example/v2/shop/checkout/manifests/1.4.3: 404 Not Found`,
    ],
    ['quantities', 'limits: memory: 256Mi, cpu: 500m, ephemeral-storage: 1Gi; used 250MiB of 1e9'],
    [
      'pod names with hashes',
      'pod checkout-7d9c5b6f4-x2x8k in namespace shop-eu-1 on node ip-10-0-3-17.eu-west-1.compute.internal',
    ],
    ['timestamps', '2026-11-21T03:04:05.678901234Z stderr F I1121 03:04:05.678901       1 controller.go:114] started'],
    ['a UUID', 'uid 3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['a resource version', 'resourceVersion: "184467440737095"'],
    ['a container id', `containerd://${'ab12'.repeat(16)}`],
    ['a git commit', 'commit 9fceb02d0ae598e95dc970b74767f19372d61af8'],
    [
      'references to Secrets',
      'secretName: shop-tls, imagePullSecrets: [{name: registry}], secretKeyRef: {name: db, key: password}',
    ],
    ['a missing Secret', 'Error: secret "shop-db" not found; couldn\'t find key password in Secret shop/shop-db'],
    ['token settings', 'automountServiceAccountToken: false tokenExpirationSeconds: 3607 max_tokens=512'],
    ['a parser at odds with a token', 'invalid token: unexpected end of input; unexpected token: <eof>'],
    ['a page of a list', 'continue=abcdefgh&limit=500 next_token=5'],
    ['a failed login without its secret', 'FATAL: password authentication failed for user "shop"'],
    ['bearer as a word', 'bearer authentication failed'],
    [
      'an address without credentials',
      'dial tcp 10.0.3.17:5432: connect: connection refused (postgres://db.shop.svc:5432/orders?sslmode=disable)',
    ],
    ['an npm scope in a URL', 'GET https://registry.example/npm/@scope/pkg 200'],
    ['a certificate', pem('CERTIFICATE')],
    ['a public key', pem('PUBLIC KEY')],
    [
      'an expression',
      'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="checkout"}[5m]))) > 1.5',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is a shell's
    ['a shell variable in place of a secret', 'PASSWORD=${DB_PASSWORD} TOKEN=$(cat /run/token)'],
    ['an empty value', 'password= user=bob {"token":""} {"secret": null}'],
    ['words of other scripts', 'Ошибка: превышено время ожидания — 接続できません ✅'],
    ['tabs and newlines', 'a\tb\nc\n'],
    ['long runs of one character', '='.repeat(200)],
  ])('%s', (_what, text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe('redactText', () => {
  it('strips what cannot be seen', () => {
    expect(
      redactText(
        'a\u001b[31mred\u001b[0m\u001b]0;title\u0007\u0000\u0008\r\nb\u202e\u2066\u200b\ufeff\u00ad\u{e0041}c',
      ),
    ).toBe('ared\nbc');
  });

  it('masks the same secret the same way, and another key another way', () => {
    const mask = /:([0-9a-f]{4})\]/;
    const [first, again] = [redactText('password=Sup3rSecret'), redactText('my.password: "Sup3rSecret"')].map(
      (text) => mask.exec(text)?.[1],
    );
    expect(first).toBe(again);
    expect(redactText('password=0therSecret')).not.toContain(first);
    expect(createRedactor({ key: 'another' }).redactText('password=Sup3rSecret')).not.toContain(first);
  });

  it('refuses an empty key', () => {
    expect(() => createRedactor({ key: '' })).toThrow(TypeError);
  });

  const fragment = fc.constantFrom(
    'password',
    'token',
    'Authorization',
    'cookie',
    '=',
    ':',
    ': ',
    ' ',
    '\n',
    '"',
    "'",
    '\\',
    '\\"',
    '{',
    '}',
    ',',
    ';',
    '&',
    '@',
    '://',
    'https',
    '/',
    '?',
    'Bearer ',
    'basic ',
    '--',
    '-',
    '[REDACTED:value:3f2a]',
    '[REDACTED:',
    ']',
    'abc123',
    'Sup3r',
    '$',
    '${',
    '<',
    'eyJ',
    '.',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'AKIAQQQQQQQQQQQQQQQQ',
    'sk-ant-abcdefghijkl',
    '\u200b',
    '\u001b[0m',
    '\u001b',
    '[0m',
    'cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI=',
    'root:pw@tcp(db)',
    'é',
    '\ud800',
  );

  it('changes nothing more when applied to what it gave', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => {
        const once = redactText(parts.join(''));
        expect(redactText(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  it('never leaves a secret that stands after its name', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9!#%+/.~^|-]{6,30}[0-9]$/).filter((text) => !text.startsWith('-'));
    const around = fc.constantFrom<[string, string]>(
      ['password=', '\n'],
      ['{"token":"', '"}'],
      ['--client-secret ', ' --x'],
      ['api_key: "', '"'],
      ['?access_token=', '&a=b'],
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), around, secret, (before, [open, close], value) => {
        expect(redactText(`${before}\n${open}zq${value}${close}`)).not.toContain(`zq${value}`);
      }),
    );
  });

  // Quadratic patterns take minutes for these, linear ones milliseconds: the bound tells them apart on any machine.
  it.each<[what: string, unit: string]>([
    [
      'ordinary log lines',
      '2026-01-31T08:59:00Z level=info msg="request done" path=/checkout token=abc user=bob status=200 took=12ms\n',
    ],
    ['openings of variables', 'token=${'],
    ['openings of tags', 'pw=<'],
    ['beginnings of JWTs', 'eyJ'],
    ['beginnings of JWTs with dots', 'eyJaaaaaaaaaaaa.'],
    ['headers of keys', '-----BEGIN PRIVATE KEY-----\n'],
    ['escapes', '\u001b[1'],
    ['titles', '\u001b]0;'],
    ['one long word', 'a'],
    ['schemes', 'a://'],
    ['addresses', 'x:y@'],
    ['bearers', 'bearer '],
    ['quotes after names', "token:'"],
    ['escaped quotes', '\\"'],
    ['separators', '=:'],
    ['flags', '--token '],
    ['base64 of secrets', 'cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI= '],
    ['dots', 'a.'],
    ['blanks', ' '],
    ['headers', 'authorization: x'],
    ['prefixes', 'ghp_sk-xoxb-'],
  ])('reads a megabyte of %s in linear time', (_what, unit) => {
    const text = unit.repeat(Math.ceil(2 ** 20 / unit.length));
    const start = performance.now();
    redactText(text);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

describe('redactObject', () => {
  const clean = (value: unknown) => JSON.stringify(redactObject(value));

  it('masks the data of Secrets, also in lists of them, and keeps their keys', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db' },
      data: { user: 'Ym9i' },
      stringData: { note: 'plain' },
    };
    expect(redactObject(secret)).toMatchObject({
      metadata: { name: 'db' },
      data: { user: expect.stringMatching(/^\[REDACTED:secret-data:/) },
    });
    expect(clean(secret)).not.toContain('plain');
    expect(clean({ kind: 'List', items: [secret] })).not.toContain('Ym9i');
    expect(clean({ kind: 'SecretList', items: [{ ...secret, kind: undefined }] })).not.toContain('Ym9i');
  });

  it.each<[why: string, variable: object, kept: string | RegExp]>([
    ['an address', { name: 'DB', value: 'db.shop.svc:5432' }, 'db.shop.svc:5432'],
    ['an address by IP', { name: 'DB', value: '[fd00::1]:5432' }, '[fd00::1]:5432'],
    [
      'a URL, without credentials and query',
      { name: 'URL', value: 'postgres://bob:pw@db:5432/shop?sslkey=x#f' },
      'postgres://db:5432/shop',
    ],
    ['anything else: masked', { name: 'MODE', value: 'production' }, /^\[REDACTED:env:/],
    ['a URL with a broken password: masked', { name: 'URL', value: 'postgres://bob:p/w@db/shop' }, /^\[REDACTED:env:/],
    ['a URL with more behind it: masked', { name: 'URL', value: 'http://db/shop plain words' }, /^\[REDACTED:env:/],
    ['an address under a secret name: masked', { name: 'API_TOKEN', value: 'abc:123' }, /^\[REDACTED:env:/],
    ['a reference', { name: 'X', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }, ''],
    ['nothing', { name: 'X', value: '' }, ''],
  ])('keeps of an environment value %s', (_why, variable, kept) => {
    const redacted = redactObject({ spec: { containers: [{ name: 'c', env: [variable] }] } });
    const expected =
      kept === '' ? variable : { ...variable, value: typeof kept === 'string' ? kept : expect.stringMatching(kept) };
    expect(redacted).toEqual({ spec: { containers: [{ name: 'c', env: [expected] }] } });
  });

  it('masks what kubectl keeps of a manifest, tokens in annotations, and registry credentials', () => {
    const object = {
      kind: 'ConfigMap',
      metadata: {
        name: 'x',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"plain-one"}}',
          'example.com/api-token': 'plain-two',
          'example.com/note': 'kept',
        },
      },
      data: {
        '.dockerconfigjson': '{"auths":{"r":{"auth":"plain-three"}}}',
        'app.conf': 'password=plain-four\nmode=x',
        password: 'plain-five',
      },
      auths: { 'registry.example': { auth: 'plain-six', username: 'plain-seven' } },
    };
    const text = clean(object);
    for (const secret of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
      expect(text).not.toContain(`plain-${secret}`);
    expect(text).toContain('kept');
    expect(text).toContain('mode=x');
  });

  it('masks the argument after a flag', () => {
    expect(redactObject({ args: ['--user', 'bob', '--password', 'hunter', '--verbose'] })).toEqual({
      args: ['--user', 'bob', '--password', expect.stringMatching(/^\[REDACTED:value:/), '--verbose'],
    });
  });

  it('leaves an ordinary object as it is', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'p',
        uid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
        resourceVersion: '12',
        labels: { 'pod-template-hash': '7d9c5b6f4' },
      },
      spec: {
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: 'registry' }],
        volumes: [
          { name: 't', projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] } },
          { name: 's', secret: { secretName: 'tls' } },
        ],
        containers: [
          {
            name: 'c',
            image: 'r.example/x:1@sha256:aa',
            resources: { limits: { memory: '256Mi' } },
            ports: [{ containerPort: 80 }],
          },
        ],
      },
    };
    expect(redactObject(pod)).toEqual(pod);
  });

  it('is idempotent, total and bounded in depth', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = redactObject({ kind: 'Secret', data: value, env: [value], password: value, free: value });
        expect(redactObject(once)).toEqual(once);
      }),
    );
    let deep: unknown = 'password=hunter2';
    for (let level = 0; level < 5000; level++) deep = { a: deep };
    expect(clean(deep)).toContain('nested too deep');
  });

  it('keeps a key called __proto__ a key', () => {
    const redacted = redactObject(JSON.parse('{"__proto__":{"password":"hunter2"}}'));
    expect(JSON.stringify(redacted)).toMatch(/^\{"__proto__":\{"password":"\[REDACTED/);
  });
});
