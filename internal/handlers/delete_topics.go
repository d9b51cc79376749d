package handlers

// DeleteTopics (key 20), versions 1-6.
//
// v1: throttle time. v3: TOPIC_DELETION_DISABLED instead of INVALID_REQUEST when
// delete.topic.enable is false. v4: flexible. v5: error texts. v6: by topic id too (KIP-516). The
// answer waits for the commit; the files are deleted a little later.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(1, 6, controller.DeleteTopics)
