import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptHostsOf } from '../../../../src/core/diagnosis/app-configuration/script-hosts.ts';

describe('the hosts that a script asks', () => {
  it.each<[script: string, values: string[]]>([
    ['until nc -z postgres 5432; do echo waiting; sleep 2; done', ['postgres:5432']],
    ['until nc -vz -w 2 db.shop.svc 3306; do sleep 1; done', ['db.shop.svc:3306']],
    ['until pg_isready -h db -p 5433 -U app; do sleep 1; done', ['db:5433']],
    ['until mysqladmin ping --host=mysql --silent; do sleep 1; done', ['mysql']],
    ['redis-cli -h cache ping | grep PONG', ['cache']],
    ['until nslookup mydb; do sleep 2; done', ['mydb']],
    ['until getent hosts queue; do :; done', ['queue']],
    ['while ! curl -sf http://auth:8080/healthz; do sleep 1; done', ['auth:8080']],
    ['wget -q -O- "http://auth/healthz"', []],
    ['./wait-for-it.sh mq:5672 --timeout=30 -- ./run', ['mq:5672']],
    ['(echo > /dev/tcp/kafka/9092) 2>/dev/null', ['kafka:9092']],
    [
      'until nslookup mydb.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; do sleep 2; done',
      ['mydb.shop.svc.cluster.local'],
    ],
    ['until nc -z 10.0.0.7 5432; do sleep 1; done', []],
    ['until nc -z "$DB_HOST" 5432; do sleep 1; done', []],
    ['echo "sync the ncurses of host 80"; ls -la /tmp', []],
  ])('%s', (script, values) => {
    expect(scriptHostsOf(script, 'shop').map(({ value }) => value)).toEqual(values);
  });

  it('takes any text, and little time for it', () => {
    fc.assert(fc.property(fc.string({ maxLength: 6000 }), (text) => scriptHostsOf(text, 'x').length <= 8));
    const started = performance.now();
    for (const hostile of ['nc ', 'psql -h ', 'curl a ', 'wait-for x ']) scriptHostsOf(hostile.repeat(2000), 'x');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
