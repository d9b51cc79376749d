package cli

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tools lists the tools, for the documentation.
func Tools() []tool.Tool { return tools }
