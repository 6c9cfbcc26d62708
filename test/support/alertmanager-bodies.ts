/** A notification of Alertmanager's webhook, version 4, as Alertmanager 0.28 to 0.34 sends it. */
export function webhookBody(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    receiver: 'sre-copilot',
    status: 'firing',
    alerts: [firing()],
    groupLabels: { alertname: 'KubeDeploymentRolloutStuck' },
    commonLabels: { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', severity: 'warning' },
    commonAnnotations: { summary: 'The rollout is stuck.' },
    externalURL: 'http://alertmanager.example:9093',
    version: '4',
    groupKey: '{}/{severity="warning"}:{alertname="KubeDeploymentRolloutStuck"}',
    truncatedAlerts: 0,
    ...more,
  };
}

export function firing(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: 'firing',
    labels: {
      alertname: 'KubeDeploymentRolloutStuck',
      deployment: 'checkout',
      namespace: 'shop',
      prometheus: 'monitoring/k8s',
      severity: 'warning',
    },
    annotations: {
      description: 'Rollout of deployment shop/checkout is not progressing for longer than 15 minutes.',
      runbook_url: 'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubedeploymentrolloutstuck',
      summary: 'Deployment rollout is not progressing.',
    },
    startsAt: '2026-11-21T03:00:00.123Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example:9090/graph?g0.expr=kube_deployment_status_condition&g0.tab=1',
    fingerprint: '14fdf3c63e66b5e9',
    ...more,
  };
}

export function ended(more: Record<string, unknown> = {}): Record<string, unknown> {
  return firing({ status: 'resolved', endsAt: '2026-11-21T03:20:00Z', ...more });
}
