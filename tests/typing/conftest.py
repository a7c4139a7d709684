collect_ignore_glob = ["scripts/*"]
