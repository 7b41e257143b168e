"""Which thing of the plan does an ARN, a name or an id stand for, and what is set on it?"""
