package handlers

import (
	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// userOf returns who is logged in; the zero User when nobody is.
func userOf(c *gin.Context) models.User {
	u, _ := c.Value(keyUser).(models.User)
	return u
}

// actorOf returns who acts, as the rules see them.
func actorOf(c *gin.Context) workflow.Actor { return userOf(c).Actor() }

// scopeOf returns which rows the reader may see. Every read takes it; nothing
// else decides.
func scopeOf(c *gin.Context) models.Scope { return models.ScopeOf(actorOf(c)) }
