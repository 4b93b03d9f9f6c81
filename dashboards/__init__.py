"""What Prometheus and Grafana are given: dashboards made from code, rules, provisioning."""
