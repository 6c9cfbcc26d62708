import { stem } from './search-stem.ts';

/**
 * Names of products and subjects that have runbooks of their own. A question that names one is about it: a page that never does so does not answer, however well its other words
 * fit ("MySQL is down" is no "node is down"). A set of runbooks that has one in any page knows it, and it is an ordinary word there.
 */
const names = (
  'activemq aerospike airflow akamai ansible apache argo argocd artifactory asterisk aurora aws azure backup bgp bitbucket cassandra celery ceph cilium citrix clickhouse cloudflare ' +
  'cloudfront cockroachdb confluence confluent consul couchbase couchdb datadog dhcp dns dovecot drone druid dynamodb elastic elasticsearch elb envoy exchange fastly flink fluentbit fluentd ' +
  'flux foreman freeipa gcp gerrit ghost git gitea github gitlab gluster glusterfs gpu grafana graylog hadoop haproxy harbor hazelcast hbase hdfs helm hive iis influx influxdb ingress ipmi ' +
  'ironic istio jaeger java jenkins jira jvm kafka keycloak kibana kinesis kong ldap linkerd logstash loki longhorn lustre mail mailgun mailserver mariadb memcached mimir minio mongo mongodb mssql mysql ' +
  'nats neo nessus netapp nexus nfs nginx nifi nomad nvidia nvme okta openldap opensearch openstack openvpn oracle patroni pgbouncer php postfix postgres postgresql powerdns pulsar puppet ' +
  'rabbitmq redis redshift rook rsync salesforce samba sap selenium sentinel sentry sftp sharepoint sidekiq slurm smtp snowflake solr sonarqube spark splunk spring sqs squid stripe tempo ' +
  'temporal terraform thanos tibco tomcat traefik travis trino tunnel twilio typesense ups vault varnish vcenter velero vitess vmware vpn wazuh weblogic website wireguard wordpress yarn ' +
  'zabbix zookeeper'
).split(' ');
const spelled = new Set(names);
const products = new Set(names.map(stem));
const longest = Math.max(...names.map(({ length }) => length));

/** Whether a word, as `stem` cuts it, names a product. */
export function isProduct(term: string): boolean {
  return products.has(term);
}

/** Whether words fall together to the name of a product: `MySQL`, `HAProxy` and `elastic search` are two words as camel case and prose have them. */
export function spellsProduct(words: readonly string[]): boolean {
  return (
    words.length > 1 && words.reduce((sum, { length }) => sum + length, 0) <= longest && spelled.has(words.join(''))
  );
}
