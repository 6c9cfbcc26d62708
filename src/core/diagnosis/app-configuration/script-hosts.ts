/** A host that a shell script asks, by the program that asks it: `nc -z db 5432`, `pg_isready -h db`, `curl http://api:8080/`. */
export type ScriptHost = { readonly program: string; readonly value: string };

const host = '(?<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})';
const port = '(?<port>\\d{1,5})';
const flags = '(?:\\s+-[A-Za-z]{1,6}(?:[ =]?\\d{1,5}s?)?){0,6}';

// What waits for a dependency, as people write it into the command of an init container. Every repetition is bounded.
const forms: readonly RegExp[] = [
  new RegExp(`\\b(?<program>nc|ncat|netcat)${flags}\\s+${host}\\s+${port}\\b`, 'g'),
  new RegExp(`\\b(?<program>nslookup|dig|ping)${flags}\\s+${host}(?=[\\s;&|)]|$)`, 'g'),
  new RegExp(`\\b(?<program>getent)\\s+(?:a?hosts|ahostsv4)\\s+${host}`, 'g'),
  new RegExp(
    `\\b(?<program>pg_isready|psql|mysqladmin|mysql|mariadb-admin|redis-cli|mongosh?)\\b[^\\n;|&]{0,200}?\\s(?:-h|--host)[ =]?${host}(?:[^\\n;|&]{0,200}?\\s(?:-p|-P|--port)[ =]?${port}\\b)?`,
    'g',
  ),
  new RegExp(
    `\\b(?<program>wait-for-it(?:\\.sh)?|wait-for(?:\\.sh)?|dockerize|telnet)\\b[^\\n;|&]{0,80}?\\s${host}[: ]${port}\\b`,
    'g',
  ),
  new RegExp(`\\b(?<program>curl|wget)\\b[^\\n;|&]{0,200}?\\shttps?://${host}(?::${port})?(?=[/\\s"';|&)]|$)`, 'g'),
  new RegExp(`(?<program>/dev/tcp)/${host}/${port}\\b`, 'g'),
];

const maxScriptLength = 4000;
const maxHosts = 8;

// Every pod finds its own namespace in this file.
const ownNamespace = /\$\(\s{0,4}cat\s{1,4}[^\s()]{0,200}\/serviceaccount\/namespace\s{0,4}\)/g;

/** The hosts that a script names to the programs that ask them. Variables of the shell are not followed. */
export function scriptHostsOf(script: string, namespace: string): readonly ScriptHost[] {
  const text = script.slice(0, maxScriptLength).replace(ownNamespace, namespace);
  const found = forms.flatMap((form) =>
    [...text.matchAll(form)].flatMap(({ groups }): ScriptHost[] => {
      const [name, number] = [groups?.host, groups?.port];
      if (name === undefined || !/[a-z]/i.test(name)) return [];
      return [{ program: groups?.program ?? '', value: number === undefined ? name : `${name}:${number}` }];
    }),
  );
  return [...new Map(found.map((one) => [one.value, one])).values()].slice(0, maxHosts);
}
