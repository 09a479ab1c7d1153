# SPDX-License-Identifier: Apache-2.0
# What the commands of a transcript may use besides kubectl; bash reads it through BASH_ENV.

# lines FILE COUNT: waits until the file has that many lines.
lines() {
  local tries=0
  until [ -e "$1" ] && [ "$(wc -l < "$1")" -ge "$2" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ]; then echo "no $2 lines in $1: $(cat "$1")" >&2; return 1; fi
    sleep 0.05
  done
}

# says FILE TEXT: waits until the file has the text.
says() {
  local tries=0
  until [ -e "$1" ] && grep -q "$2" "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ]; then echo "no $2 in $1: $(cat "$1")" >&2; return 1; fi
    sleep 0.05
  done
}

# api METHOD PATH BODY: what the server says to a request that kubectl would not send: code, reason and message.
api() {
  curl -sk -A transcript -X "$1" "$SERVER$2" -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -d "$3" | jq -c '[.code, .reason, .message]'
}

# owners KIND NAME: who owns which fields, a line each; the order of the list depends on seconds, and so do the times.
owners() {
  kubectl get "$1" "$2" -o json --show-managed-fields |
    jq -rc '.metadata.managedFields[]? | [.manager, .operation, .subresource // "", .fieldsV1] | map(tostring) | join(" ")' | sort
}
